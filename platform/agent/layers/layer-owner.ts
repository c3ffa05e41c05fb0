import type { KubeClient } from '../../../apply/client/client.ts';
import { type ReleaseId, type ReleaseRecord, readRecords } from '../../../apply/helm/helm-release.ts';
import type { Rendering } from '../../../apply/release/render.ts';
import { platformError } from '../../errors.ts';

/** In the metadata of a release's chart: which layer it is. It is in the cluster, so it outlives the agent's memory. */
const LAYER = 'skerry.dev/layer';

/** A chart as it is to be applied, so that its release is known again as a layer. */
export function asChartOfLayer(chart: Rendering['chart'], layer: string): Rendering['chart'] {
  return { ...chart, metadata: { ...chart.metadata, annotations: { [LAYER]: layer } } };
}

/** Whether there is a release of this name that nobody but somebody else has made. */
export async function isForeign(
  client: Pick<KubeClient, 'list'>,
  release: ReleaseId,
  signal: AbortSignal,
): Promise<boolean> {
  const records = await readRecords(client, release, { signal });
  return records.length > 0 && !records.some((record) => isOf(record, release.name));
}

/** Throws LAYER_FOREIGN. */
export async function refuseForeign(
  client: Pick<KubeClient, 'list'>,
  release: ReleaseId,
  signal: AbortSignal,
): Promise<void> {
  if (!(await isForeign(client, release, signal))) return;
  throw platformError('LAYER_FOREIGN', { subject: `Helm release ${release.namespace}/${release.name}` });
}

function isOf({ annotations }: ReleaseRecord, layer: string): boolean {
  return annotations?.[LAYER] === layer;
}

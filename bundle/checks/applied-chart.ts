import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Helm } from '../../apply/helm/helm.ts';
import { rewriteImages } from '../../apply/images/rewrite-images.ts';
import { jsonText } from '../../apply/json.ts';
import { parseManifests } from '../../apply/manifest.ts';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import { writeStaticChart } from '../../apply/release/static-chart.ts';
import { isSkerryError, messageOf } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import { renderedObjects } from '../images/rendered-objects.ts';
import type { Rendering } from './check-charts.ts';
import type { Finding } from './finding.ts';

export interface AppliedChartOptions {
  readonly helm: Helm;
  readonly scratch: string;
  readonly signal?: AbortSignal | undefined;
}

const WIDTH = 2;
/** Longer than any that an island has. */
const REWRITE = (reference: string) => `localhost:31999/checked/${reference.length}:x`;

/**
 * Takes each chart the way that it takes on the island: what it renders to is read, every image is replaced, the objects
 * become a chart of their own, and helm renders that; the same objects must come out.
 */
export async function appliedChartFindings(
  renderings: readonly Rendering[],
  options: AppliedChartOptions,
): Promise<Finding[]> {
  // One way of rendering each is enough: what differs between versions is which objects there are.
  const uses = [...new Map(renderings.map((rendering) => [rendering.use.where, rendering])).values()];
  // Nearly always all is well: one run of helm tells that of all charts together, and which is not of each alone.
  if ((await applied(uses, 'all', options)).length === 0) return [];
  const found = await mapLimited(
    uses,
    WIDTH,
    async (rendering, index) => await applied([rendering], String(index), options),
  );
  return found.flat();
}

async function applied(
  renderings: readonly Rendering[],
  folder: string,
  { helm, scratch, signal }: AppliedChartOptions,
): Promise<Finding[]> {
  const [first] = renderings;
  if (first === undefined) return [];
  const { where, name, namespace, values } = first.use;
  const chart = join(scratch, `applied-${folder}`);
  try {
    const objects = renderings.flatMap((each) => rewriteImages(appliedObjects(each), REWRITE));
    await writeStaticChart(chart, { name, version: '0.0.0' }, objects);
    const text = await helm.template({ name, namespace, chart, values, signal });
    return changed(objects, parseManifests(text, where), where);
  } catch (error) {
    signal?.throwIfAborted();
    if (!isSkerryError(error) || !TELLING.has(error.code)) throw error;
    return [unapplicable(where, messageOf(error))];
  }
}

/** What helm applies of a rendering: CRDs are applied before it runs. */
function appliedObjects(rendering: Rendering): KubeObject[] {
  return renderedObjects(rendering).filter(({ kind }) => kind !== 'CustomResourceDefinition');
}

const TELLING: ReadonlySet<string> = new Set([
  'HELM_FAILED',
  'HELM_RENDER_FAILED',
  'HELM_LIMIT_EXCEEDED',
  'MANIFESTS_UNREADABLE',
]);

function changed(objects: readonly KubeObject[], out: readonly KubeObject[], where: string): Finding[] {
  const byName = Map.groupBy(out, describeObject);
  return objects
    .filter((object) => !byName.get(describeObject(object))?.some((other) => isSame(object, other)))
    .map((object) =>
      unapplicable(`${where}: ${describeObject(object)}`, 'helm does not give it back as it was'),
    );
}

// Through JSON, which has no undefined.
function isSame(object: KubeObject, other: KubeObject): boolean {
  return isDeepStrictEqual(JSON.parse(jsonText(object)), JSON.parse(jsonText(other)));
}

function unapplicable(place: string, detail: string): Finding {
  return { code: 'MANIFEST_NOT_APPLICABLE', severity: 'error', place, detail };
}

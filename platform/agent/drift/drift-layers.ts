import type { KubeClient } from '../../../apply/client/client.ts';
import { isSkerryError } from '../../../content/error.ts';
import type { LayerEngine } from '../layers/layer-engine.ts';
import type { AgentLog } from '../log.ts';
import type { AgentHolder } from '../state/agent-holder.ts';
import type { HeldEnvelope } from '../state/held-envelope.ts';
import type { DriftLayer } from './drift-watch.ts';
import { layerCrds } from './layer-crds.ts';
import { HELM_MANAGER } from './release-objects.ts';

export interface DriftLayersInput {
  readonly client: KubeClient;
  readonly engine: Pick<LayerEngine, 'objects'>;
  readonly holder: Pick<AgentHolder, 'journal'>;
  readonly log: Pick<AgentLog, 'error'>;
}

/** What is watched for drift: the objects of all layers that were applied. */
export async function driftLayersOf(
  { envelope }: HeldEnvelope,
  { client, engine, holder, log }: DriftLayersInput,
  signal: AbortSignal,
): Promise<DriftLayer[]> {
  const layers: DriftLayer[] = [];
  for (const { name, namespace, drift } of envelope.layers) {
    if (holder.journal.applied[name] === undefined) continue;
    const layer = { name, namespace, policy: drift };
    try {
      const objects = await engine.objects(layer, signal);
      layers.push(...(await layerCrds(client, layer, { signal })));
      layers.push({ ...layer, objects, fieldManager: HELM_MANAGER });
    } catch (error) {
      // What cannot be read of one layer leaves the others watched; its own state says why.
      signal.throwIfAborted();
      if (!isSkerryError(error)) throw error;
      log.error(error, `layer ${name} cannot be watched for drift`);
    }
  }
  return layers;
}

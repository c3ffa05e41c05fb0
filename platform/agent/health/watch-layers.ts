import type { KubeClient } from '../../../apply/client/client.ts';
import type { Clock } from '../../../apply/clock.ts';
import { Changes } from '../../../apply/wait/changes.ts';
import { isSkerryError } from '../../../content/error.ts';
import type { EnvelopeLayer } from '../../desired/envelope.ts';
import type { LayerEngine } from '../layers/layer-engine.ts';
import type { LayerStates } from '../layers/layer-states.ts';

export interface LayerWatch {
  readonly client: Pick<KubeClient, 'watch'>;
  readonly engine: Pick<LayerEngine, 'state'>;
  readonly layers: readonly EnvelopeLayer[];
  readonly states: LayerStates;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Kinds whose trouble shows at once; what else a layer has is looked at from time to time. */
const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet'];
const EVERY_MS = 60_000;
const DEBOUNCE_MS = 1000;

/**
 * Looks after layers that were ready until the signal is aborted: one of which something is not healthy any more is
 * degraded, and ready again when it is. Nothing is applied.
 */
export async function watchLayers(watch: LayerWatch): Promise<never> {
  const { client, clock, signal } = watch;
  using changes = new Changes({ client, clock, signal });
  for (const kind of WORKLOADS) changes.watch({ apiVersion: 'apps/v1', kind });
  for (;;) {
    await changes.next(EVERY_MS);
    await clock.sleep(DEBOUNCE_MS, signal);
    await lookAtLayers(watch);
  }
}

const AWAY = new Set(['CLUSTER_UNREACHABLE', 'CLUSTER_ERROR']);

/** Looks once at what was ready. */
export async function lookAtLayers({
  engine,
  layers,
  states,
  signal,
}: Pick<LayerWatch, 'engine' | 'layers' | 'states' | 'signal'>): Promise<void> {
  for (const layer of layers) {
    const before = states.byName.get(layer.name);
    if (before?.state !== 'ready' && before?.state !== 'degraded') continue;
    try {
      const { healthy, problems, objects } = await engine.state(layer, signal);
      const { seconds } = before;
      if (healthy) states.ready(layer.name, { seconds, objects });
      else states.set(layer.name, { state: 'degraded', message: problems[0], seconds, objects });
    } catch (error) {
      signal.throwIfAborted();
      if (!isSkerryError(error)) throw error;
      // The cluster is away for a moment: what was known of it holds until something else is.
      if (AWAY.has(error.code)) continue;
      const message = `${error.subject}: ${error.detail ?? error.means}`;
      states.set(layer.name, { state: 'degraded', code: error.code, message });
    }
  }
}

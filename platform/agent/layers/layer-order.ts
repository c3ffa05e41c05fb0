import type { LayerState } from '../../api/cluster-status.ts';
import type { EnvelopeLayer } from '../../desired/envelope.ts';

type Progress = Pick<LayerState, 'state'>;
type Ordered = Pick<EnvelopeLayer, 'name' | 'dependsOn'>;

/** What has been ready once; that it is in trouble now is no reason to keep others back. */
const REACHED: ReadonlySet<LayerState['state']> = new Set(['ready', 'degraded']);

/** The layers that wait for nothing any more, in the envelope's order. */
export function startable<T extends Ordered>(
  layers: readonly T[],
  states: ReadonlyMap<string, Progress>,
): T[] {
  return layers.filter(
    ({ name, dependsOn }) =>
      states.get(name)?.state === 'waiting' && dependsOn.every((other) => isReached(states.get(other))),
  );
}

/** What a layer waits for, in words. */
export function waitsFor({ dependsOn }: Ordered, states: ReadonlyMap<string, Progress>): string {
  const missing = dependsOn.filter((name) => !isReached(states.get(name)));
  const told = missing.map((name) => `${name} (${states.get(name)?.state ?? 'not in the envelope'})`);
  return `waits for ${told.join(', ')}`;
}

function isReached(progress: Progress | undefined): boolean {
  return progress !== undefined && REACHED.has(progress.state);
}

import type { Envelope } from '../../desired/envelope.ts';
import { type Acknowledged, removalsAfter } from '../compile/removals.ts';

/** Where a layer of a gateway stands: in its desired state, named for removal, or gone by the agent's own word. */
export type LayerPlace = 'there' | 'leaving' | 'gone';

/** `last` is the newest envelope; an agent that holds a higher one may have anything. */
export function layerPlace(
  layer: string,
  last: Pick<Envelope, 'number' | 'layers' | 'remove'> | undefined,
  acknowledged: Acknowledged | undefined,
): LayerPlace {
  const number = last?.number ?? 0;
  if ((acknowledged?.number ?? 0) > number) return 'there';
  if (last === undefined) return 'gone';
  if (last.layers.some(({ name }) => name === layer)) return 'there';
  const left = removalsAfter({ ...last, layers: [] }, [], acknowledged);
  return left.some(({ name }) => name === layer) ? 'leaving' : 'gone';
}

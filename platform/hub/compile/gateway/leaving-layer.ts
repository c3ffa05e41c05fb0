import type { JsonObject } from '../../../../apply/json.ts';
import type { EnvelopeLayer } from '../../../desired/envelope.ts';
import type { MadeCluster } from './made-cluster.ts';

/**
 * The layer of a cluster whose object is being deleted: as it was where its machines are protected; undefined once it is
 * to be named for removal. What is left behind is paused first, so that nobody works on those machines any more, and
 * what was paused goes on first, since nothing of it would go.
 */
export function leavingLayer(
  { provision, isOrphaned = false }: Pick<MadeCluster, 'provision' | 'isOrphaned'>,
  before: EnvelopeLayer,
  isApplied: boolean,
): EnvelopeLayer | undefined {
  const policy = isOrphaned ? 'orphan' : (provision.deletion ?? 'delete');
  if (policy === 'protect') return before;
  const isLeft = policy === 'orphan';
  const onRemove = isLeft ? 'keep' : 'prune';
  const isPaused = before.values.paused === true;
  if (isPaused !== isLeft) return { ...before, onRemove, values: withPause(before.values, isLeft) };
  if (before.onRemove !== onRemove) return { ...before, onRemove };
  return isLeft && !isApplied ? before : undefined;
}

function withPause({ paused: _, ...values }: JsonObject, isPaused: boolean): JsonObject {
  return isPaused ? { ...values, paused: true } : values;
}

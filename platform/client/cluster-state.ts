import type { Cluster } from './kinds.ts';

/** The state in a word. */
export function stateOf({ spec, status, deleting }: Cluster): string {
  if (typeof deleting === 'string') return 'Deleting';
  if (spec.paused === true) return 'Paused';
  return status?.phase ?? 'Pending';
}

/** True once the agent has made everything so that was asked for last. */
export function isReady(cluster: Cluster): boolean {
  const { status } = cluster;
  return status?.phase === 'Ready' && isApplied(cluster);
}

/** Never true of a spec that the hub has not looked at yet. */
export function isApplied({ generation, status }: Cluster): boolean {
  if (generation !== undefined && (status?.observedGeneration ?? generation) < generation) return false;
  return status?.desired !== undefined && status.applied?.number === status.desired.number;
}

/** `3/4`: layers that are ready, of all. */
export function layersOf({ status }: Cluster): string {
  const { layers } = status ?? {};
  return layers === undefined
    ? ''
    : `${layers.filter(({ state }) => state === 'ready').length}/${layers.length}`;
}

/** `4`, or `3->4` while the fourth is on its way. */
export function revisionOf({ status }: Cluster): string {
  const [desired, applied] = [status?.desired?.number, status?.applied?.number];
  if (desired === undefined) return '';
  return applied === desired ? String(desired) : `${applied ?? 0}->${desired}`;
}

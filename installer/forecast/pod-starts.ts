import { listAt, numberAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';

/** A start that took longer was no ordinary one: a pod that waited for something, or became ready again later. */
const MOST_SECONDS = 600;

/** Seconds from the start of pods until they were ready, by the `Kind name` that owns them: the shortest of each. */
export function podStarts(pods: readonly KubeObject[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const pod of pods) {
    const owner = ownerOf(pod);
    const seconds = startOf(pod);
    if (owner === undefined || seconds === undefined || seconds > MOST_SECONDS) continue;
    found.set(owner, Math.min(found.get(owner) ?? seconds, seconds));
  }
  return found;
}

function startOf(pod: KubeObject): number | undefined {
  const ready = listAt(pod, 'status', 'conditions').find(
    (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
  );
  const from = Date.parse(textAt(pod, 'status', 'startTime') ?? '');
  const to = Date.parse(textAt(ready, 'lastTransitionTime') ?? '');
  const restarts = listAt(pod, 'status', 'containerStatuses').some(
    (status) => (numberAt(status, 'restartCount') ?? 0) > 0,
  );
  const seconds = (to - from) / 1000;
  return restarts || !Number.isFinite(seconds) || seconds < 0 ? undefined : seconds;
}

/** A Deployment's pods belong to a ReplicaSet, whose name is the Deployment's with a hash. */
function ownerOf(pod: KubeObject): string | undefined {
  const [owner] = pod.metadata.ownerReferences ?? [];
  if (owner === undefined) return undefined;
  if (owner.kind !== 'ReplicaSet') return `${owner.kind} ${owner.name}`;
  return `Deployment ${owner.name.replace(/-[a-z0-9]+$/, '')}`;
}

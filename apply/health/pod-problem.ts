import { isJsonObject, listAt, numberAt, objectAt, textAt } from '../json.ts';
import type { KubeObject } from '../object.ts';
import { conditionOf, describeCondition } from './condition.ts';

/** Why a pod doesn't run. */
export interface PodProblem {
  /** Absent where it is about the whole pod. */
  readonly container?: string | undefined;
  readonly image?: string | undefined;
  /** As Kubernetes words it: `ImagePullBackOff`, `CrashLoopBackOff`, `Unschedulable`, … */
  readonly reason: string;
  readonly message: string;
}

/** What is wrong with a pod, read from its status alone. A pod that is only starting has no problem. */
export function podProblems(pod: KubeObject): PodProblem[] {
  if (textAt(pod, 'status', 'phase') === 'Succeeded' || pod.metadata.deletionTimestamp !== undefined)
    return [];
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status === 'False')
    return [{ reason: scheduled.reason || 'Unschedulable', message: scheduled.message }];
  const containers = ['initContainerStatuses', 'containerStatuses'].flatMap((list) =>
    listAt(pod, 'status', list).flatMap((status) => containerProblems(status)),
  );
  if (containers.length > 0) return containers;
  if (textAt(pod, 'status', 'phase') === 'Failed') {
    return [
      {
        reason: textAt(pod, 'status', 'reason') ?? 'Failed',
        message: textAt(pod, 'status', 'message') ?? '',
      },
    ];
  }
  const ready = conditionOf(pod, 'Ready');
  return isRunningUnready(pod)
    ? [{ reason: 'NotReady', message: ready === undefined ? '' : describeCondition(ready) }]
    : [];
}

const ON_ITS_WAY = new Set(['ContainerCreating', 'PodInitializing']);

function containerProblems(status: unknown): PodProblem[] {
  const of = { container: textAt(status, 'name'), image: textAt(status, 'image') };
  const waiting = objectAt(status, 'state', 'waiting');
  const last = endOf(objectAt(status, 'lastState', 'terminated'));
  if (waiting !== undefined) {
    const reason = textAt(waiting, 'reason') ?? 'Waiting';
    if (ON_ITS_WAY.has(reason)) return [];
    const message = reason === 'CrashLoopBackOff' ? (last ?? '') : (textAt(waiting, 'message') ?? '');
    return [{ ...of, reason, message }];
  }
  const terminated = objectAt(status, 'state', 'terminated');
  if (terminated === undefined || numberAt(terminated, 'exitCode') === 0) return [];
  return [{ ...of, reason: textAt(terminated, 'reason') ?? 'Error', message: endOf(terminated) ?? '' }];
}

function endOf(terminated: unknown): string | undefined {
  if (!isJsonObject(terminated)) return undefined;
  const code = numberAt(terminated, 'exitCode') ?? 0;
  const reason = textAt(terminated, 'reason');
  const message = textAt(terminated, 'message');
  const why = reason === undefined || reason === 'Error' ? '' : ` (${reason})`;
  return `ended with exit code ${code}${why}${message === undefined ? '' : `: ${message.trim()}`}`;
}

function isRunningUnready(pod: KubeObject): boolean {
  return textAt(pod, 'status', 'phase') === 'Running' && conditionOf(pod, 'Ready')?.status === 'False';
}

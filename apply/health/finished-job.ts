import type { CallOptions, KubeClient } from '../client/client.ts';
import { numberAt, textAt } from '../json.ts';
import { groupOf, type KubeObject } from '../object.ts';
import { eventTime } from './event-time.ts';
import { current, failed, type ObjectStatus } from './object-status.ts';

/** Reasons of the Job controller's events about a Job that failed for good (k8s.io/api/batch/v1, JobReason…). */
const FAILURES = new Set([
  'BackoffLimitExceeded',
  'DeadlineExceeded',
  'PodFailurePolicy',
  'FailedIndexes',
  'MaxFailedIndexesExceeded',
]);

const ENDS = new Set([...FAILURES, 'Completed']);

/** A Job that the cluster takes away once it is finished: that it is gone is no sign of trouble. */
export function mayGoWhenFinished({ apiVersion, kind, spec }: KubeObject): boolean {
  return (
    kind === 'Job' &&
    groupOf(apiVersion) === 'batch' &&
    numberAt({ spec }, 'spec', 'ttlSecondsAfterFinished') !== undefined
  );
}

/** How a Job ended that was applied and is gone: well, unless the last event about it tells of a failure. */
export async function finishedJobStatus(
  client: Pick<KubeClient, 'list'>,
  { metadata: { name, namespace } }: KubeObject,
  options: CallOptions = {},
): Promise<ObjectStatus> {
  const fieldSelector = `involvedObject.kind=Job,involvedObject.name=${name}`;
  // Events are forgotten after an hour, and may be hidden: then its absence is all that is known.
  const events = await client
    .list({ apiVersion: 'v1', kind: 'Event', namespace, fieldSelector }, options)
    .catch(() => undefined);
  options.signal?.throwIfAborted();
  // Of the ends that it has had: an earlier Job of the name may have failed, and its pods are told of too.
  const last = events?.items
    .filter((event) => ENDS.has(textAt(event, 'reason') ?? ''))
    .toSorted((a, b) => eventTime(a).localeCompare(eventTime(b)))
    .at(-1);
  const reason = textAt(last, 'reason') ?? '';
  return FAILURES.has(reason)
    ? failed(`${reason}: ${textAt(last, 'message') ?? ''}`)
    : current('finished, and taken away as its ttlSecondsAfterFinished asks');
}

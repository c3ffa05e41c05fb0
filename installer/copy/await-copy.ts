import type { KubeClient } from '../../apply/client/client.ts';
import type { Clock } from '../../apply/clock.ts';
import { conditionOf, describeCondition } from '../../apply/health/condition.ts';
import { describeExplanation, explain } from '../../apply/health/explain.ts';
import { listAt, objectAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { waitUntil } from '../../apply/wait/wait-until.ts';
import { installerError } from '../errors.ts';
import { COPY_JOB, NAMESPACE } from '../names.ts';
import { type CopyFailure, type CopyLine, readCopyLog } from './copy-progress.ts';
import { jobReference, jobSelection, LONGEST_MS } from './job-manifest.ts';

export interface AwaitCopyInput {
  readonly client: KubeClient;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CopyLine) => void;
  readonly clock?: Clock | undefined;
}

/** How often the log is read: it says sooner than the kubelet that the copy is finished. */
const LOG_MS = 400;
/** A pod that doesn't run by then is not going to; in milliseconds. */
export const START_MS = 120_000;
/** So long not a byte may arrive. */
const STALL_MS = 600_000;
const LOG_LINES = 20;
/** What another try can mend; any other failure would only come again. */
const PASSES = new Set(['REGISTRY_UNREACHABLE', 'REGISTRY_ERROR', 'INTERRUPTED']);

/** Waits until the Job has done its work. Throws COPY_FAILED where it will not. */
export async function awaitCopy(input: AwaitCopyInput, job: KubeObject): Promise<void> {
  const { client, signal, onProgress, clock } = input;
  const selector = `batch.kubernetes.io/controller-uid=${job.metadata.uid}`;
  const pods = { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, labelSelector: selector };
  const standstill = new Standstill();
  await waitUntil({
    client,
    selections: [pods, jobSelection()],
    everyMs: LOG_MS,
    timeoutMs: LONGEST_MS,
    signal,
    clock,
    look: async (waited) => {
      const pod = newest((await client.list(pods, { signal })).items);
      const hasRun = pod !== undefined && hasBegun(pod);
      const { progress, failure } = hasRun ? await readLog(client, pod, signal) : {};
      if (progress !== undefined) onProgress(progress);
      if (progress?.finished === true || textAt(pod, 'status', 'phase') === 'Succeeded') return true;
      if (failure !== undefined && !PASSES.has(failure.code)) throw copyFailed(describeFailure(failure));
      // The kubelet may be late with the pod, or the pod gone, when its Job is known to be complete.
      if (await isComplete(client, job, failure, signal)) return true;

      const patience = standstill.after(waited, hasRun ? (progress?.bytesDone ?? 0) : -1);
      if (patience === undefined) return undefined;
      throw copyFailed(await whyLate(client, pod ?? job, { hasRun, patience }, signal));
    },
    late: () => copyFailed(`not finished after ${LONGEST_MS / 3_600_000} hours`),
  });
}

/** Knows since when nothing has moved. */
class Standstill {
  #bytes = -1;
  #since = 0;

  /** How long nothing has moved, once that is too long, in milliseconds. `bytes` is below 0 until the pod runs. */
  after(waited: number, bytes: number): number | undefined {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#since = waited;
    }
    const patience = bytes < 0 ? START_MS : STALL_MS;
    return waited - this.#since < patience ? undefined : patience;
  }
}

/** Throws COPY_FAILED when the Job has given up, or was taken away by somebody. */
async function isComplete(
  client: Pick<KubeClient, 'get'>,
  { metadata: { uid } }: KubeObject,
  failure: CopyFailure | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await client.get(jobReference(), { signal });
  if (found?.metadata.uid !== uid) throw copyFailed('it was removed');
  const failed = conditionOf(found, 'Failed');
  if (failed?.status !== 'True') return conditionOf(found, 'Complete')?.status === 'True';
  throw copyFailed(failure === undefined ? describeCondition(failed) : describeFailure(failure));
}

async function whyLate(
  client: KubeClient,
  object: KubeObject,
  { hasRun, patience }: { hasRun: boolean; patience: number },
  signal: AbortSignal,
): Promise<string> {
  const found = (await explain(client, object, { signal })).map(describeExplanation);
  const what = hasRun ? 'nothing was copied' : 'its pod does not run';
  return [`${what} for ${patience / 1000} s`, ...found].join('; ');
}

async function readLog(client: KubeClient, { metadata }: KubeObject, signal: AbortSignal) {
  const request = { namespace: NAMESPACE, pod: metadata.name, container: 'copy', tailLines: LOG_LINES };
  const log = await client.podLogs(request, { signal }).catch(() => undefined);
  signal.throwIfAborted();
  return readCopyLog(log ?? '');
}

function newest(pods: readonly KubeObject[]): KubeObject | undefined {
  const made = (pod: KubeObject) => String(pod.metadata.creationTimestamp);
  return pods.toSorted((a, b) => made(a).localeCompare(made(b))).at(-1);
}

function hasBegun(pod: KubeObject): boolean {
  const state = objectAt(listAt(pod, 'status', 'containerStatuses')[0], 'state');
  return objectAt(state, 'running') !== undefined || objectAt(state, 'terminated') !== undefined;
}

function describeFailure({ code, message }: CopyFailure): string {
  return `${code}: ${message}`;
}

export function copyFailed(detail: string) {
  return installerError('COPY_FAILED', { subject: `Job ${NAMESPACE}/${COPY_JOB}`, detail });
}

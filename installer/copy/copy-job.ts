import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../apply/client/client.ts';
import type { Clock } from '../../apply/clock.ts';
import { conditionOf, describeCondition } from '../../apply/health/condition.ts';
import { describeExplanation, explain } from '../../apply/health/explain.ts';
import { listAt, objectAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { waitUntil } from '../../apply/wait/wait-until.ts';
import { isSkerryError } from '../../content/error.ts';
import { installerError } from '../errors.ts';
import {
  COPY_JOB,
  HOLDER_ANNOTATION,
  LABELS,
  NAMESPACE,
  PUSH_SECRET,
  REGISTRY_PORT,
  REGISTRY_SERVICE,
  STORE_SERVICE,
} from '../names.ts';
import { readPushAccessProblem } from '../ownership/push-access.ts';
import { ownIdentity } from '../record/holder.ts';
import { type CopyFailure, type CopyLine, readCopyLog } from './copy-progress.ts';

export interface CopyJobInput {
  readonly client: KubeClient;
  /** The skerry image, as nodes pull it. */
  readonly image: string;
  /** `repository:tag@digest` of a release; or names, each as `repository:tag`. */
  readonly what: { readonly release: string } | { readonly names: readonly string[] };
  /** Where it is taken from, as pods reach it; the registry's address otherwise, while that leads to the workstation. */
  readonly source?: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CopyLine) => void;
  readonly clock?: Clock | undefined;
}

const SECRET_FOLDER = '/etc/skerry/push';
/** How often the log is read: it says sooner than the kubelet that the copy is finished. */
const LOG_MS = 400;
/** A pod that doesn't run by then is not going to; in milliseconds. */
const START_MS = 120_000;
/** So long not a byte may arrive. */
const STALL_MS = 600_000;
/** The slowest copy that is waited for. */
const LONGEST_MS = 24 * 3_600_000;
const REMOVAL_MS = 60_000;
const CLEANUP_MS = 10_000;
/** How long the registry may take from the start of its pod. */
const REGISTRY_SECONDS = 120;
/** New pods that the Job may try, for a network that comes back. */
const TRIES = 3;
const LOG_LINES = 20;
/** What another try can mend; any other failure would only come again. */
const PASSES = new Set(['REGISTRY_UNREACHABLE', 'REGISTRY_ERROR', 'INTERRUPTED']);

/**
 * Copies the release's content inside the cluster: a Job pulls from the registry's address, which still leads to the
 * workstation, and pushes to the registry's pods. The workstation has to be reachable from the nodes, which was
 * proved, and nothing else has to be. What is there already is skipped. Throws COPY_FAILED.
 */
export async function runCopyJob(input: CopyJobInput): Promise<void> {
  const { client } = input;
  const job = await takeCopyJob(input);
  try {
    await waitForCopy(input, job);
  } finally {
    await client
      .delete(job, { uid: job.metadata.uid, signal: AbortSignal.timeout(CLEANUP_MS) })
      // It also goes by itself, by its ttlSecondsAfterFinished.
      .catch(() => undefined);
  }
}

/**
 * Starts the Job of this run as soon as the registry's Service is there, and credentials that are going to stay: it waits
 * for the registry itself, so that its pod starts while the registry's does. `runCopyJob` goes on with it.
 */
export async function startCopyJob(input: CopyJobInput): Promise<void> {
  const { client, signal, clock } = input;
  const metadata = { name: STORE_SERVICE, namespace: NAMESPACE };
  const service = { apiVersion: 'v1', kind: 'Service', metadata };
  const fieldSelector = `metadata.name=${STORE_SERVICE}`;
  await waitUntil({
    client,
    selections: [{ apiVersion: 'v1', kind: 'Service', namespace: NAMESPACE, fieldSelector }],
    look: async () => {
      if ((await client.get(service, { signal })) === undefined) return undefined;
      // Those that fit each other are kept. Others are replaced, and a pod would go on with what it has begun with.
      return (await readPushAccessProblem(client, signal)) === undefined || undefined;
    },
    timeoutMs: START_MS,
    late: () => copyFailed(`there is no Service ${STORE_SERVICE}, or no credentials for it`),
    signal,
    clock,
  });
  await takeCopyJob(input);
}

/** Takes away what `startCopyJob` has made, of this run and no other. Never fails: it would go by itself. */
export async function abandonCopyJob(client: Pick<KubeClient, 'get' | 'delete'>): Promise<void> {
  const signal = AbortSignal.timeout(CLEANUP_MS);
  try {
    const own = await ownJob(client, undefined, signal);
    if (own !== undefined) await client.delete(own, { uid: own.metadata.uid, signal });
  } catch {
    // Its registry never comes, so its pods give up, and then it goes by its ttlSecondsAfterFinished.
  }
}

/** The Job of this run, made where it isn't there. */
async function takeCopyJob(input: CopyJobInput): Promise<KubeObject> {
  const { client, signal } = input;
  const own = await ownJob(client, input, signal);
  // Started ahead, it may have given up before the registry was there.
  if (own !== undefined && conditionOf(own, 'Failed')?.status !== 'True') return own;
  // One that an earlier run left behind may be waiting for a workstation that is gone.
  await removeCopyJob(client, signal);
  try {
    return await client.create(copyJob(input), { signal });
  } catch (error) {
    // It may have been under way when it was last looked for.
    const late = isSkerryError(error, 'OBJECT_CHANGED') ? await ownJob(client, input, signal) : undefined;
    if (late === undefined) throw error;
    return late;
  }
}

/** The Job of this run; with `input` only one that copies just that. */
async function ownJob(
  client: Pick<KubeClient, 'get'>,
  input: CopyJobInput | undefined,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  const found = await client.get(reference(), { signal });
  const isOwn = found?.metadata.annotations?.[HOLDER_ANNOTATION] === ownIdentity();
  if (!isOwn || found.metadata.deletionTimestamp !== undefined) return undefined;
  const args = listAt(listAt(found, 'spec', 'template', 'spec', 'containers')[0], 'args');
  return input === undefined || isDeepStrictEqual(args, argumentsOf(input)) ? found : undefined;
}

/** Takes the Job away; only its record is waited for, not its pods. Throws COPY_FAILED when it stays. */
export async function removeCopyJob(
  client: Pick<KubeClient, 'get' | 'delete' | 'watch'>,
  signal: AbortSignal,
): Promise<void> {
  if (!(await client.delete(reference(), { signal }))) return;
  await waitUntil({
    client,
    selections: [jobSelection()],
    look: async () => (await client.get(reference(), { signal })) === undefined || undefined,
    timeoutMs: REMOVAL_MS,
    late: async () => {
      const finalizers = (await client.get(reference(), { signal }))?.metadata.finalizers ?? [];
      return copyFailed(
        `an earlier one is not gone after ${REMOVAL_MS / 1000} s (finalizers: ${finalizers})`,
      );
    },
    signal,
  });
}

async function waitForCopy(input: CopyJobInput, job: KubeObject): Promise<void> {
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
  const found = await client.get(reference(), { signal });
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

function copyFailed(detail: string) {
  return installerError('COPY_FAILED', { subject: `Job ${NAMESPACE}/${COPY_JOB}`, detail });
}

function argumentsOf({ what, source }: CopyJobInput): string[] {
  return [
    'copy',
    // What the source lacks of an index is not in the cluster either.
    ...('release' in what ? [`--release=${what.release}`] : ['--allow-sparse=any']),
    `--password-file=${SECRET_FOLDER}/password`,
    `--username-file=${SECRET_FOLDER}/username`,
    `--wait=${REGISTRY_SECONDS}`,
    '--progress=json',
    '--output=json',
    source ?? `http://${REGISTRY_SERVICE}.${NAMESPACE}.svc:${REGISTRY_PORT}`,
    `http://${STORE_SERVICE}.${NAMESPACE}.svc:${REGISTRY_PORT}`,
    ...('names' in what ? what.names : []),
  ];
}

function copyJob(input: CopyJobInput): KubeObject {
  const { image } = input;
  return {
    ...reference(),
    metadata: {
      ...reference().metadata,
      labels: LABELS,
      annotations: { [HOLDER_ANNOTATION]: ownIdentity() },
    },
    spec: {
      backoffLimit: TRIES,
      activeDeadlineSeconds: LONGEST_MS / 1000,
      ttlSecondsAfterFinished: 600,
      template: {
        metadata: { labels: LABELS },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 1,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            runAsGroup: 65532,
            fsGroup: 65532,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'copy',
              image,
              args: argumentsOf(input),
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
              volumeMounts: [{ name: 'push', mountPath: SECRET_FOLDER, readOnly: true }],
            },
          ],
          volumes: [{ name: 'push', secret: { secretName: PUSH_SECRET, defaultMode: 0o440 } }],
        },
      },
    },
  };
}

function reference() {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: COPY_JOB, namespace: NAMESPACE } };
}

function jobSelection() {
  const { apiVersion, kind, metadata } = reference();
  return { apiVersion, kind, namespace: NAMESPACE, fieldSelector: `metadata.name=${metadata.name}` };
}

import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../apply/client/client.ts';
import { conditionOf } from '../../apply/health/condition.ts';
import { listAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { waitUntil } from '../../apply/wait/wait-until.ts';
import { isSkerryError } from '../../content/error.ts';
import { HOLDER_ANNOTATION, NAMESPACE, STORE_SERVICE } from '../names.ts';
import { readPushAccessProblem } from '../ownership/push-access.ts';
import { ownIdentity } from '../record/holder.ts';
import { type AwaitCopyInput, awaitCopy, copyFailed, START_MS } from './await-copy.ts';
import { argumentsOf, jobFor, jobReference, jobSelection, type RegistryWork } from './job-manifest.ts';

export interface CopyJobInput extends RegistryWork, AwaitCopyInput {}

const REMOVAL_MS = 60_000;
const CLEANUP_MS = 10_000;

/**
 * Copies the release's content inside the cluster: a Job pulls from the registry's address, which still leads to the
 * workstation, and pushes to the registry's pods. The workstation has to be reachable from the nodes, which was
 * proved, and nothing else has to be. What is there already is skipped. Throws COPY_FAILED.
 */
export async function runCopyJob(input: CopyJobInput): Promise<void> {
  const { client } = input;
  const job = await takeCopyJob(input);
  try {
    await awaitCopy(input, job);
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
    return await client.create(jobFor(input), { signal });
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
  const found = await client.get(jobReference(), { signal });
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
  if (!(await client.delete(jobReference(), { signal }))) return;
  await waitUntil({
    client,
    selections: [jobSelection()],
    look: async () => (await client.get(jobReference(), { signal })) === undefined || undefined,
    timeoutMs: REMOVAL_MS,
    late: async () => {
      const finalizers = (await client.get(jobReference(), { signal }))?.metadata.finalizers ?? [];
      return copyFailed(
        `an earlier one is not gone after ${REMOVAL_MS / 1000} s (finalizers: ${finalizers})`,
      );
    },
    signal,
  });
}

import { isSkerryError, type SkerryError } from '../../content/error.ts';
import { type Clock, systemClock } from '../clock.ts';
import { applyError } from '../errors.ts';
import { describeExplanation, explain } from '../health/explain.ts';
import { waitHealthy } from '../health/wait-healthy.ts';
import { describeObject, type KubeObject } from '../object.ts';
import type { Component, Engine } from './component.ts';
import { hookStatus, isRemovedWhenFailed } from './hook.ts';

export interface HookRun extends Pick<Component, 'timeoutMs'> {
  /** Jobs and Pods that the action may make, each with its namespace. */
  readonly hooks: readonly KubeObject[];
  readonly onProgress: (text: string) => void;
  readonly clock?: Clock | undefined;
}

const POLL_MS = 1000;

/**
 * Lets Helm do something and watches the hooks that it runs meanwhile: one that can't become well ends Helm before its
 * time is over, and what went wrong with it is the error. Throws WORKLOAD_FAILED for a hook, or what `act` throws.
 */
export async function runWithHooks(
  engine: Pick<Engine, 'client' | 'signal'>,
  run: HookRun,
  act: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  await removeUnfinished(engine, run);
  const before = await uidsOf(engine, run.hooks);
  const lost = new AbortController();
  const done = new AbortController();
  const watched = AbortSignal.any([engine.signal, done.signal]);
  const watch = watchHooks({ client: engine.client, signal: watched }, run, before).catch(
    (error: unknown) => {
      if (!watched.aborted) lost.abort(error);
    },
  );
  try {
    await act(AbortSignal.any([engine.signal, lost.signal]));
  } catch (error) {
    done.abort();
    await watch;
    engine.signal.throwIfAborted();
    const left = await unfinished(engine, run.hooks, before);
    const failure = lost.signal.aborted ? lost.signal.reason : await explainHook(engine, left, error);
    await removeLost(engine, run.hooks, left);
    throw failure ?? error;
  } finally {
    done.abort();
    await watch;
  }
}

// A Job of a run that was killed goes on by itself. Helm would delete it and not wait for its pods.
async function removeUnfinished({ client, signal }: Pick<Engine, 'client' | 'signal'>, run: HookRun) {
  const { hooks, timeoutMs, clock = systemClock } = run;
  const deadline = clock.now() + timeoutMs;
  for (const hook of hooks) {
    const found = await client.get(hook, { signal });
    if (found === undefined || ['Current', 'Failed'].includes(hookStatus(found).status)) continue;
    run.onProgress(`removing ${describeObject(found)}, left by an interrupted run`);
    await client.delete(found, { uid: found.metadata.uid, propagation: 'Foreground', signal });
    while ((await client.get(found, { signal }))?.metadata.uid === found.metadata.uid) {
      if (clock.now() >= deadline) {
        const detail = 'it was left by an interrupted run and does not go away';
        throw applyError('HEALTH_TIMEOUT', { subject: describeObject(found), detail });
      }
      await clock.sleep(POLL_MS / 4, signal);
    }
  }
}

async function uidsOf({ client, signal }: Pick<Engine, 'client' | 'signal'>, hooks: readonly KubeObject[]) {
  const found = await Promise.all(hooks.map((hook) => client.get(hook, { signal })));
  return new Set(found.map((hook) => hook?.metadata.uid));
}

// Hooks come one after the other, each only when the one before is done.
async function watchHooks(
  { client, signal }: Pick<Engine, 'client' | 'signal'>,
  { hooks, timeoutMs, onProgress, clock = systemClock }: HookRun,
  before: ReadonlySet<string | undefined>,
): Promise<void> {
  const seen = new Set(before);
  while (hooks.length > 0) {
    for (const hook of hooks) {
      const found = await client.get(hook, { signal }).catch((error: unknown) => {
        if (isSkerryError(error, 'CLUSTER_UNREACHABLE') || isSkerryError(error, 'KIND_UNKNOWN'))
          return undefined;
        throw error;
      });
      if (found === undefined || seen.has(found.metadata.uid)) continue;
      seen.add(found.metadata.uid);
      onProgress(`hook ${describeObject(found)}`);
      await waitHealthy({ client, objects: [found], timeoutMs, signal, clock }).catch((error: unknown) => {
        // Time is Helm's to keep, and a hook may be removed as soon as it is done.
        if (!isSkerryError(error, 'HEALTH_TIMEOUT')) throw error;
      });
    }
    await clock.sleep(POLL_MS, signal);
  }
}

/** The error for the hook at which Helm stopped: it failed, or its time was over; undefined when it was none. */
async function explainHook(
  { client, signal }: Pick<Engine, 'client' | 'signal'>,
  left: readonly KubeObject[],
  error: unknown,
): Promise<SkerryError | undefined> {
  for (const found of left) {
    const { status, message } = hookStatus(found);
    if (status !== 'Failed' && !isSkerryError(error, 'HELM_FAILED')) continue;
    const reasons = (await explain(client, found, { signal })).map(describeExplanation);
    const detail = ['a hook', message, ...reasons].join('; ');
    const code = status === 'Failed' ? 'WORKLOAD_FAILED' : 'HEALTH_TIMEOUT';
    return applyError(code, { subject: describeObject(found), detail, cause: error });
  }
  return undefined;
}

/** The hooks of this run that are there and not done. */
async function unfinished(
  { client, signal }: Pick<Engine, 'client' | 'signal'>,
  hooks: readonly KubeObject[],
  before: ReadonlySet<string | undefined>,
): Promise<KubeObject[]> {
  const found = await Promise.all(hooks.map((hook) => client.get(hook, { signal })));
  return found
    .filter((hook) => hook !== undefined)
    .filter((hook) => !before.has(hook.metadata.uid) && hookStatus(hook).status !== 'Current');
}

/** What Helm would do for a hook that failed, if it had been told of it. */
async function removeLost(
  { client, signal }: Pick<Engine, 'client' | 'signal'>,
  hooks: readonly KubeObject[],
  left: readonly KubeObject[],
): Promise<void> {
  for (const found of left) {
    const hook = hooks.find((candidate) => describeObject(candidate) === describeObject(found));
    if (hook !== undefined && isRemovedWhenFailed(hook))
      await client.delete(found, { uid: found.metadata.uid, signal });
  }
}

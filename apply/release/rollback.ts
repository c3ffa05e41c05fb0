import { applyError } from '../errors.ts';
import { failUnfinishedRelease, type ReleaseRecord, readRecords } from '../helm/helm-release.ts';
import { parseManifests } from '../manifest.ts';
import type { Component, Engine } from './component.ts';
import { isRunningHook, runsIn } from './hook.ts';
import { type ConflictPolicy, settleOwners } from './owners.ts';
import { placed } from './place.ts';
import { runWithHooks } from './run-hooks.ts';
import { waitComponent } from './wait.ts';

export interface RollbackComponentOptions {
  readonly revision: number;
  /** Helm applies what it remembers as it is, so nothing can be kept out of it. */
  readonly onConflict?: Exclude<ConflictPolicy, 'keep'> | undefined;
  /** Whether the health gate is waited for; true when absent. */
  readonly waits?: boolean | undefined;
  readonly onProgress: (text: string) => void;
}

/**
 * Applies an earlier revision again, rollback hooks and health gate included. CRDs stay as they are. Only for callers
 * that hold the lock. Throws REVISION_UNKNOWN and APPLY_CONFLICT before anything is applied.
 */
export async function rollbackComponent(
  engine: Omit<Engine, 'scratch'>,
  component: Pick<Component, 'name' | 'namespace' | 'timeoutMs' | 'health'>,
  { revision, onConflict = 'stop', waits = true, onProgress }: RollbackComponentOptions,
): Promise<void> {
  const { client, helm, signal } = engine;
  const { name, namespace, timeoutMs } = component;
  const wanted = revisionIn(await readRecords(client, component, { signal }), name, revision);
  const objects = parseManifests(wanted.manifest, name);
  const { conflicts, objects: free } = await settleOwners({ client, signal }, component, objects, onConflict);
  await failUnfinishedRelease(client, component, { signal });
  const running = wanted.hooks
    .flatMap((text) => parseManifests(text, name))
    .filter((hook) => isRunningHook(hook) && runsIn(hook, 'rollback'));
  const hooks = await Promise.all(running.map((hook) => placed(client, hook, namespace, { signal })));
  // Numbers of replicas that a scaler has set are part of what Helm remembers.
  const force = conflicts.length > 0 || free.some((object, index) => object !== objects[index]);
  await runWithHooks(engine, { hooks, timeoutMs, onProgress }, (limited) =>
    helm.rollback({ name, namespace, revision, timeoutMs, force, signal: limited }),
  );
  if (waits) await waitComponent(engine, component, onProgress);
}

function revisionIn(records: readonly ReleaseRecord[], name: string, revision: number): ReleaseRecord {
  const found = records.find((record) => record.revision === revision);
  if (found !== undefined) return found;
  const known = records.map((record) => `${record.revision} (${record.status})`);
  throw applyError('REVISION_UNKNOWN', {
    subject: `${name} ${revision}`,
    detail: known.length === 0 ? 'it is not installed' : `there are ${known.join(', ')}`,
  });
}

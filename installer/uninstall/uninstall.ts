import type { Selection } from '../../apply/client/client.ts';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import { waitGone } from '../../apply/wait/wait-gone.ts';
import { isSkerryError } from '../../content/error.ts';
import { installerError } from '../errors.ts';
import { MARK, NAMESPACE } from '../names.ts';
import { componentPhase } from '../phases/component.ts';
import { Journal } from '../record/journal.ts';
import { type Lock, takeLock } from '../record/lock.ts';
import { wholeRecord } from '../record/whole-record.ts';
import { stuckError } from './deletion-stuck.ts';
import { checkWords } from './guarded.ts';
import { madeByWorkloads } from './made.ts';
import { isClaimOf } from './ownership.ts';
import {
  existing,
  judgeNamespaces,
  kindOf,
  namesIn,
  planUninstall,
  resourcesOf,
  type UninstallContext,
  type UninstallPlan,
} from './plan.ts';

export interface UninstallRun extends UninstallContext {
  readonly plan: UninstallPlan;
  /** Guarded kinds whose objects may go too. */
  readonly words?: readonly string[] | undefined;
  readonly lock: Pick<Lock, 'leave'>;
  /** User and host, for the journal. */
  readonly by: string;
  /** How long to wait while nothing more goes, in milliseconds. */
  readonly patienceMs: number;
  readonly onStep: (text: string) => void;
}

/**
 * Takes the lock, makes the plan again under it and carries it out. Throws INSTALLER_BUSY, and PLAN_CHANGED where
 * something would be deleted that was not in the plan before, and RESOURCES_GUARDED.
 */
export async function uninstallLocked(input: Omit<UninstallRun, 'lock'>): Promise<void> {
  const { client, plan, onStep, signal } = input;
  if (plan.stored === undefined && isEnding(plan)) {
    // Only its end is to be waited for: nothing can be made in it any more, the lock neither.
    await removeLast({ ...input, lock: { leave: async () => {} } });
    return;
  }
  const lock = await takeLock(client, {
    id: plan.id,
    signal,
    onWait: (holder) => onStep(`waiting for ${holder}`),
  });
  try {
    const held = { ...input, signal: lock.signal };
    const again = await planUninstall(held);
    const changes = changesBetween(plan, again);
    if (changes.length > 0)
      throw installerError('PLAN_CHANGED', { subject: client.server, detail: changes.join('; ') });
    checkWords(again, input.words ?? []);
    await uninstall({ ...held, plan: again, lock });
  } catch (error) {
    throw lock.signal.aborted ? lock.signal.reason : error;
  } finally {
    await lock.release();
  }
}

/** What would be deleted and was not named, and what was named and would stay. */
function changesBetween(plan: UninstallPlan, again: UninstallPlan): string[] {
  const named = new Set(namesIn(plan));
  const stays = again.kept.filter(({ namespace }) => named.has(`Namespace ${namespace}`));
  return [
    ...namesIn(again).filter((name) => !named.has(name)),
    ...stays.map(({ namespace, because }) => `Namespace ${namespace} would stay: ${because.join(', ')}`),
  ];
}

function isEnding({ namespaces }: UninstallPlan): boolean {
  return namespaces.some(
    ({ metadata }) => metadata.name === NAMESPACE && metadata.deletionTimestamp !== undefined,
  );
}

/**
 * Deletes just what the plan names, objects before what looks after them; the record and the lock last of all. May be
 * cut off and run again. Throws DELETION_STUCK.
 */
async function uninstall(run: UninstallRun): Promise<void> {
  const { client, plan, by, signal } = run;
  const journal =
    plan.stored === undefined
      ? undefined
      : await Journal.openToUninstall(client, plan.stored, { by, signal });
  try {
    await removeResources(run);
    await markOutliving(run);
    await removeComponents(run, journal);
    // Now that nobody is left who would make them again.
    await removeAll(run, plan.grants);
    await Promise.all([removeCrds(run), removeOwn(run)]);
    await removeNamespaces(run);
    await removeLast(run);
  } catch (error) {
    await journal?.failed(error, signal);
    throw error;
  }
}

// While their controllers still run, so that finalizers are handled.
async function removeResources(run: UninstallRun): Promise<void> {
  const { client, plan, patienceMs, signal, onStep } = run;
  for (const { crd } of plan.crds) {
    const selection = kindOf(crd);
    const resources = await resourcesOf({ client, signal }, crd);
    if (selection === undefined || resources.length === 0) continue;
    onStep(`${resources.length} objects of ${crd.metadata.name}`);
    await Promise.all(resources.map((object) => client.delete(object, { uid: object.metadata.uid, signal })));
    const left = await waitGone({ client, selection, patienceMs, signal });
    if (left.length > 0) throw stuckError(left);
  }
  await removeAll(run, await existing(run, plan.first));
}

/**
 * The claims of a StatefulSet outlive it, as does what workloads made and were granted, and then nothing tells any more whose they are: a
 * run after one that was cut off knows them by the mark. Without a mark they only keep their namespace.
 */
async function markOutliving(run: UninstallRun): Promise<void> {
  const { client, plan, signal } = run;
  if (plan.id === '') return;
  try {
    for (const object of [...(await claimsOf(run)), ...(await madeOf(run)), ...plan.grants])
      await client.apply(withMark(object, plan.id), { force: true, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!isSkerryError(error)) throw error;
  }
}

async function claimsOf({ client, plan, signal }: UninstallRun): Promise<KubeObject[]> {
  const sets = plan.components.flatMap(({ objects }) => objects.filter(({ kind }) => kind === 'StatefulSet'));
  const groups = [...Map.groupBy(sets, ({ metadata }) => metadata.namespace)];
  const claims = groups.map(async ([namespace, those]) => {
    const selection = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace };
    const { items } = await client.list(selection, { signal });
    return items.filter(({ metadata }) => those.some((set) => isClaimOf(set, metadata.name)));
  });
  return (await Promise.all(claims)).flat();
}

/** What workloads have made until now, which may be more than was there when the plan was made. */
async function madeOf(run: UninstallRun): Promise<KubeObject[]> {
  return await madeByWorkloads(
    run,
    run.plan.components.flatMap(({ objects }) => objects),
  );
}

// With its version: what is gone meanwhile must not be made again.
function withMark({ apiVersion, kind, metadata }: KubeObject, id: string): KubeObject {
  const { name, namespace, resourceVersion } = metadata;
  return { apiVersion, kind, metadata: { name, namespace, resourceVersion, labels: { [MARK]: id } } };
}

async function removeComponents(run: UninstallRun, journal: Journal | undefined): Promise<void> {
  const { client, helm, plan, signal, onStep } = run;
  // Only a record tells of components.
  const installation = plan.stored && wholeRecord(plan.stored.installation);
  if (installation === undefined) return;
  for (const { name, hooks } of plan.components) {
    onStep(`component ${name}`);
    await componentPhase(name).undo({ client, helm, installation, signal }, onStep);
    for (const hook of hooks) await client.delete(hook, { uid: hook.metadata.uid, signal });
    await journal?.undone(`component-${name}`, { signal });
  }
  onStep('waiting for what was deleted');
  await goneOrStuck(
    run,
    plan.components.flatMap(({ objects, hooks }) => [...objects, ...hooks]),
  );
  await removeAll(run, await madeOf(run));
}

async function removeCrds(run: UninstallRun): Promise<void> {
  const crds = run.plan.crds.map(({ crd }) => crd);
  await removeAll(run, crds);
}

async function removeOwn(run: UninstallRun): Promise<void> {
  await removeAll(run, run.plan.own);
}

async function removeAll(run: UninstallRun, objects: readonly KubeObject[]): Promise<void> {
  const { client, signal, onStep } = run;
  await Promise.all(
    objects.map(async (object) => {
      onStep(describeObject(object));
      await client.delete(object, { uid: object.metadata.uid, signal });
    }),
  );
  await goneOrStuck(run, objects);
}

/** Namespaces other than the installer's own. Throws PLAN_CHANGED where others have put something into one by now. */
async function removeNamespaces(run: UninstallRun): Promise<void> {
  const { client, plan, patienceMs, signal } = run;
  const names = plan.namespaces.map(({ metadata }) => metadata.name);
  await Promise.all(
    names.map((namespace) =>
      // The namespace controller comes back only seconds later for what it finds still ending.
      waitGone({ client, selection: { apiVersion: 'v1', kind: 'Pod', namespace }, patienceMs, signal }),
    ),
  );
  const kinds = await client.kinds({ signal });
  const { namespaces, kept } = await judgeNamespaces(run, kinds, names, plan.known);
  const [first] = kept;
  if (first !== undefined)
    throw installerError('PLAN_CHANGED', {
      subject: `Namespace ${first.namespace}`,
      detail: `there is by now: ${first.because.join(', ')}`,
    });
  const others = namespaces.filter(({ metadata }) => metadata.name !== NAMESPACE);
  await removeAll(run, others);
}

async function removeLast(run: UninstallRun): Promise<void> {
  const { client, plan, lock, signal, onStep } = run;
  const namespace = plan.namespaces.find(({ metadata }) => metadata.name === NAMESPACE);
  if (namespace !== undefined) {
    // The lock is in it: renewing would fail, or make it again.
    await lock.leave();
    await removeAll(run, [namespace]);
    return;
  }
  onStep('the record and the lock');
  if (plan.record !== undefined) await client.delete(plan.record, { uid: plan.record.metadata.uid, signal });
  await lock.leave();
  if (plan.lease !== undefined) await client.delete(plan.lease, { uid: plan.lease.metadata.uid, signal });
}

/** Waits for objects that were deleted, by kind and namespace. */
async function goneOrStuck(
  { client, patienceMs, signal }: Pick<UninstallRun, 'client' | 'patienceMs' | 'signal'>,
  objects: readonly KubeObject[],
): Promise<void> {
  const groups = Map.groupBy(objects, ({ apiVersion, kind, metadata }) =>
    JSON.stringify([apiVersion, kind, metadata.namespace]),
  );
  const left = await Promise.all(
    [...groups.values()].map(async (group): Promise<KubeObject[]> => {
      const there = await existing({ client, signal }, group);
      const [first] = there;
      if (first === undefined) return [];
      const meant = new Set(there.map(({ metadata }) => metadata.uid));
      const selection: Selection = {
        apiVersion: first.apiVersion,
        kind: first.kind,
        namespace: first.metadata.namespace,
        ...(there.length === 1 ? { fieldSelector: `metadata.name=${first.metadata.name}` } : {}),
      };
      const isMeant = ({ metadata }: KubeObject) => meant.has(metadata.uid);
      return await waitGone({ client, selection, isMeant, patienceMs, signal });
    }),
  );
  if (left.flat().length > 0) throw stuckError(left.flat());
}

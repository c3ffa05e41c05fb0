import { type ReleaseRecord, readRecords } from '../../apply/helm/helm-release.ts';
import { removeFailedHooks } from '../../apply/release/failed-hooks.ts';
import { ownKinds } from '../../apply/release/own-kinds.ts';
import { rollbackComponent } from '../../apply/release/rollback.ts';
import { uninstallComponent } from '../../apply/release/uninstall.ts';
import { waitComponent } from '../../apply/release/wait.ts';
import { isSkerryError } from '../../content/error.ts';
import { addWorkstation, removeWorkstation } from '../address/move-address.ts';
import { restoreCrds, restoreLostSettings } from '../checkpoint/checkpoint.ts';
import { wordForRelease } from '../ownership/foreign.ts';
import { applyComponent } from '../phases/component.ts';
import { resourcesOf } from '../uninstall/plan.ts';
import type { ComponentChange } from './component-changes.ts';
import { keepingCrd, registryIn, upgradeOf } from './record-changes.ts';
import { registryStorage } from './registry-storage.ts';
import type { BackContext } from './upgrade-phase.ts';

/** For hooks, and for the health gate, each. */
export const RETURN_MS = 300_000;

/**
 * Returns a component to what it was before the upgrade: definitions first, then the revision that Helm had then. Helm's
 * own history can't say which one was good. Where that revision is gone, the chart of the release before is taken from
 * the registry in the cluster. What was not there before goes.
 */
export async function returnComponent(
  context: BackContext,
  name: string,
  onProgress: (text: string) => void,
): Promise<void> {
  const change = upgradeOf(context.journal.installation).components.find((one) => one.name === name);
  if (change === undefined) return;
  const { client, helm, journal, signal } = context;
  const isRegistry = registryIn(journal.installation) === name;
  const hasCrds = crdsBefore(context, name).length > 0;
  if (change.action === 'install') {
    // What was somebody else's, and was taken over by a word, is not ours to take away.
    if (journal.installation.adopted.includes(wordForRelease(change)))
      onProgress(`${name} stays: it was adopted`);
    else await uninstall({ client, helm, signal }, change, onProgress);
  } else {
    if (hasCrds && !isRegistry) await returnCrds(context, name, onProgress);
    await whileReplaced(context, name, () => returnRelease(context, change, onProgress));
    // Definitions are in the checkpoint, and that in the registry, which may not have answered before.
    if (hasCrds && isRegistry) await returnCrds(context, name, onProgress);
  }
  await removeNewCrds(context, change, onProgress);
}

/** What came with the new release may be broken down to the hooks that it has for its own end. */
async function uninstall(
  engine: Pick<BackContext, 'client' | 'helm' | 'signal'>,
  { name, namespace }: ComponentChange,
  onProgress: (text: string) => void,
): Promise<void> {
  try {
    await uninstallComponent(engine, { name, namespace }, onProgress);
  } catch (error) {
    if (!isSkerryError(error, 'WORKLOAD_FAILED')) throw error;
    onProgress(`without its hooks: ${error.message}`);
    await uninstallComponent(engine, { name, namespace, hooks: false }, onProgress);
  }
}

async function returnCrds(
  { client, checkpoint, signal }: BackContext,
  component: string,
  onProgress: (text: string) => void,
): Promise<void> {
  onProgress('CRDs');
  await restoreCrds({ client, checkpoint: await checkpoint(), component, signal, onProgress });
}

async function returnRelease(
  context: BackContext,
  { name, namespace, health, revision }: ComponentChange,
  onProgress: (text: string) => void,
): Promise<void> {
  const { client, helm, signal } = context;
  const component = { name, namespace, health, timeoutMs: RETURN_MS };
  for (const hook of await removeFailedHooks({ client, signal }, component))
    onProgress(`${hook} of the upgrade removed`);
  const records = await readRecords(client, component, { signal });
  if (isAt(records, revision)) {
    await waitOrNote(context, component, onProgress);
  } else if (revision !== undefined && records.some((record) => record.revision === revision)) {
    // What others have set since is not what was there before, either.
    await rollbackComponent({ client, helm, signal }, component, {
      revision,
      onConflict: 'take',
      waits: false,
      onProgress,
    });
    await waitOrNote(context, component, onProgress);
  } else {
    onProgress('from the release before, as the registry in the cluster has it');
    const storage = await registryStorage(helm, context.journal.installation, signal);
    const source = await context.before();
    const checkpoint = await context.checkpoint();
    await restoreLostSettings({ client, checkpoint, namespace, signal });
    const settings = { ...context, source, storage, onConflict: 'take', rendered: [] } as const;
    await applyComponent(settings, name, { onProgress, losses: 'allowed' });
  }
}

/**
 * The health gate. What does not pass it may lack an object or a setting that is put back once all components are returned, so
 * that is looked at again then; without the registry nothing goes on.
 */
async function waitOrNote(
  { client, journal, late, healthMs, signal }: BackContext,
  component: Parameters<typeof waitComponent>[1],
  onProgress: (text: string) => void,
): Promise<void> {
  try {
    await waitComponent({ client, signal }, { ...component, timeoutMs: healthMs }, onProgress);
  } catch (error) {
    const isUnhealthy = isSkerryError(error, 'WORKLOAD_FAILED') || isSkerryError(error, 'HEALTH_TIMEOUT');
    if (!isUnhealthy || registryIn(journal.installation) === component.name) throw error;
    onProgress(`${component.name} is not healthy yet: ${error.message}`);
    late.add(component.name);
  }
}

/** Helm has not touched it since. */
function isAt(records: readonly ReleaseRecord[], revision: number | undefined): boolean {
  const latest = records.at(-1);
  return latest !== undefined && latest.revision === revision && latest.status === 'deployed';
}

// Without the stick nobody answers while the one pod of the registry is replaced: it is a matter of seconds.
async function whileReplaced(
  { client, seed, journal, signal }: BackContext,
  name: string,
  work: () => Promise<void>,
): Promise<void> {
  const { installation } = journal;
  if (registryIn(installation) !== name) return await work();
  if (seed === undefined) await removeWorkstation(client, signal);
  else await addWorkstation(client, seed.endpoint, installation.id, signal);
  await work();
  await removeWorkstation(client, signal);
}

function crdsBefore({ journal }: BackContext, name: string): readonly string[] {
  return journal.installation.components.find((component) => component.name === name)?.crds ?? [];
}

/** Definitions that came with the upgrade go again, unless somebody has made objects of them. */
async function removeNewCrds(
  context: BackContext,
  { name, crds }: ComponentChange,
  onProgress: (text: string) => void,
): Promise<void> {
  const { client, journal, signal } = context;
  const before = new Set(journal.installation.components.flatMap((component) => component.crds));
  const adopted = new Set(journal.installation.adopted);
  for (const crd of crds.filter((one) => !before.has(one))) {
    if (adopted.has(`CustomResourceDefinition.apiextensions.k8s.io/${crd}`)) continue;
    const metadata = { name: crd };
    const reference = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata };
    const found = await client.get(reference, { signal });
    if (found === undefined || ownKinds(found).length === 0) continue;
    const { length } = await resourcesOf({ client, signal }, found);
    if (length > 0) {
      onProgress(`${crd} of ${name} stays: there are ${length} objects of it`);
      // Forgotten, it would be somebody else's: for uninstalling, and for the next try of the upgrade.
      await journal.change((now) => keepingCrd(now, crd), { signal });
    } else await client.delete(found, { uid: found.metadata.uid, signal });
  }
}

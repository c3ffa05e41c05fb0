import { readRecords } from '../../apply/helm/helm-release.ts';
import { findConflicts } from '../../apply/release/conflicts.ts';
import { conflictError, type OwnedField } from '../../apply/release/owners.ts';
import { type LockedRelease, registryOf } from '../../bundle/locked-release.ts';
import { isSkerryError, type SkerryError } from '../../content/error.ts';
import { contentError } from '../../content/errors.ts';
import { mapLimited } from '../../content/limit.ts';
import { engineComponent, type RegistryStorage } from '../component.ts';
import { installerError } from '../errors.ts';
import type { InstallContext } from '../install.ts';
import { findForeign, foreignError, notAdopted, type RenderedComponent } from '../ownership/foreign.ts';
import { readOwnObjects } from '../ownership/own-objects.ts';
import { type ClusterFacts, readClusterFacts } from '../preflight/cluster-facts.ts';
import { renderOffline } from '../preflight/offline-rendering.ts';
import { readDenied, UPGRADE_ACCESS } from '../preflight/permissions.ts';
import { type Check, checkCluster } from '../preflight/preflight.ts';
import { type Installation, readInstallation, type StoredInstallation } from '../record/installation.ts';
import { wholeRecord } from '../record/whole-record.ts';
import { type ComponentChange, changesBetween, newImages, revisionBefore } from './component-changes.ts';
import { openInstalledRelease } from './installed-release.ts';
import { keepCheckpoint } from './phases/checkpoint.ts';
import { notReachable, reachableNote } from './reachable.ts';
import { hasChanged } from './record-changes.ts';
import { registryStorage } from './registry-storage.ts';
import type { ReleaseSource, UpgradePhase } from './upgrade-phase.ts';
import { upgradePhases } from './upgrade-phases.ts';

/** All that an upgrade works with, where the registry keeps its content aside: that is read. */
export type UpgradeInput = Omit<InstallContext, 'storage'>;

export interface UpgradePlan {
  readonly stored: StoredInstallation;
  readonly from: LockedRelease;
  readonly to: LockedRelease;
  /** The release on the stick is what runs already. */
  readonly isInstalled: boolean;
  readonly components: readonly ComponentChange[];
  readonly phases: readonly PlannedUpgradePhase[];
  /** What nodes are to pull before anything is changed. */
  readonly images: readonly string[];
  readonly cluster: ClusterFacts;
  readonly storage: RegistryStorage;
  readonly rendered: readonly RenderedComponent[];
  readonly checks: readonly Check[];
  readonly conflicts: readonly OwnedField[];
  /** Words for what is somebody else's and is going to be taken over. */
  readonly adopted: readonly string[];
  readonly notes: readonly string[];
}

export interface PlannedUpgradePhase {
  readonly phase: UpgradePhase;
  readonly state: 'run' | 'done';
}

/**
 * Looks at the cluster and says what an upgrade would do, or what is left of one that was begun. Changes nothing.
 * Throws NOT_INSTALLED, and what reading the installed release from the registry in the cluster throws.
 */
export async function planUpgrade(input: UpgradeInput): Promise<UpgradePlan> {
  const { client, helm, bundle, signal } = input;
  const stored = await readInstallation(client, { signal });
  if (stored === undefined) throw installerError('NOT_INSTALLED', { subject: client.server });
  const { installation } = stored;
  const to = bundle.release;
  const barred = notReachable(installation, to, bundle.address.digest);
  const isInstalled =
    installation.upgrade === undefined && installation.release.digest === bundle.address.digest;
  if (barred !== undefined && !isInstalled) throw barred;
  const [{ release: from }, storage] = await Promise.all([
    releaseBefore(client, installation, signal),
    registryStorage(helm, installation, signal),
  ]);
  const components = installation.upgrade?.components ?? (await changesOf(input, installation, from));
  const done = doneIn(installation);
  const phases = upgradePhases(components).map(
    (phase): PlannedUpgradePhase => ({ phase, state: done.has(phase.id) ? 'done' : 'run' }),
  );
  const context: InstallContext = { ...input, storage };
  const pending = components.filter(
    ({ name, action }) => (action === 'install' || action === 'upgrade') && !done.has(`component-${name}`),
  );
  const looked = await lookAtCluster(context, installation, { from, pending });
  const note = reachableNote(to);
  return {
    ...{ stored, from, to, isInstalled, components, phases, storage },
    ...looked,
    images: newImages(from, to, components),
    notes: note === undefined ? [] : [note],
  };
}

/** An upgrade can't go on without the registry. Going back can: it brings that back first. */
async function releaseBefore(
  client: UpgradeInput['client'],
  { release, upgrade }: Installation,
  signal: AbortSignal,
): Promise<ReleaseSource> {
  try {
    return await openInstalledRelease(client, release, signal);
  } catch (error) {
    const isSilent = isSkerryError(error, 'REGISTRY_UNREACHABLE') || isSkerryError(error, 'REGISTRY_ERROR');
    if (!isSilent || upgrade === undefined || !hasChanged(upgrade)) throw error;
    throw contentError(error.code === 'REGISTRY_ERROR' ? 'REGISTRY_ERROR' : 'REGISTRY_UNREACHABLE', {
      subject: error.subject,
      detail: error.detail,
      remedy:
        'Run the same command again once the registry runs (kubectl -n skerry-system get pods). If it does not come, return to the release before with skerry rollback, which brings the registry back first.',
      cause: error,
    });
  }
}

async function changesOf(
  { client, bundle, signal }: UpgradeInput,
  { components }: Installation,
  from: LockedRelease,
): Promise<ComponentChange[]> {
  const revisions = new Map<string, number>();
  await mapLimited(components, 4, async (component) => {
    const revision = revisionBefore(await readRecords(client, component, { signal }));
    if (revision !== undefined) revisions.set(component.name, revision);
  });
  return changesBetween({ from, to: bundle.release, recorded: components, revisions });
}

/** Until something is changed each run takes a new checkpoint: users have worked on since. */
function doneIn({ upgrade }: Installation): ReadonlySet<string> {
  const done = new Set(upgrade?.phases.filter(({ state }) => state === 'done').map(({ id }) => id));
  if (upgrade !== undefined && !hasChanged(upgrade)) done.delete(keepCheckpoint.id);
  return done;
}

async function lookAtCluster(
  context: InstallContext,
  installation: Installation,
  { from, pending }: { from: LockedRelease; pending: readonly ComponentChange[] },
): Promise<Pick<UpgradePlan, 'cluster' | 'rendered' | 'checks' | 'conflicts' | 'adopted'>> {
  const { client, bundle, storage, signal } = context;
  const rendered = await renderPending(context, pending);
  const denied = await readDenied(client, rendered.components, signal, UPGRADE_ACCESS);
  const cluster = await readClusterFacts(client, denied, signal);
  const own = await readOwnObjects(client, signal);
  const found = wholeRecord(installation);
  const foreign =
    own === undefined
      ? []
      : await findForeign({
          ...{ client, found, own, signal },
          id: installation.id,
          components: rendered.components,
        });
  const left = notAdopted(foreign, context.adopt);
  const checks: Check[] = [
    ...checkCluster({ release: bundle.release, cluster, bytes: 0, storage }),
    { title: 'No component moves', problem: movedError(from, bundle.release) },
    { title: 'The charts render for this cluster', problem: rendered.problem },
    {
      title: 'Nobody else’s things are in the way',
      problem: foreignError(left),
    },
  ];
  const isFit = checks.every(({ problem }) => problem === undefined);
  const conflicts = isFit ? await conflictsOf(context, pending) : [];
  const stop = context.onConflict === 'stop' ? conflictError(bundle.release.name, conflicts) : undefined;
  checks.push({ title: 'Nobody else has changed what is applied', problem: stop });
  const adopted = foreign.filter((one) => !left.includes(one)).map(({ word }) => word);
  return { cluster, rendered: rendered.components, checks, conflicts, adopted };
}

async function renderPending(
  context: InstallContext,
  pending: readonly ComponentChange[],
): Promise<{ components: RenderedComponent[]; problem?: SkerryError }> {
  const { storage } = context;
  const { release, store } = context.bundle;
  try {
    const components = await mapLimited(pending, 2, ({ name, action }) =>
      renderOffline(context, engineComponent(release, name, { store, storage }), {
        isUpgrade: action === 'upgrade',
      }),
    );
    return { components };
  } catch (error) {
    if (isSkerryError(error, 'HELM_RENDER_FAILED')) return { components: [], problem: error };
    throw error;
  }
}

async function conflictsOf(
  context: InstallContext,
  pending: readonly ComponentChange[],
): Promise<OwnedField[]> {
  const { storage } = context;
  const { release, store } = context.bundle;
  const found: OwnedField[] = [];
  for (const { name } of pending)
    found.push(...(await findConflicts(context, engineComponent(release, name, { store, storage }))));
  return found;
}

/** A release of Helm can't go to another namespace, and what the nodes pull from can't become another component. */
function movedError(from: LockedRelease, to: LockedRelease): SkerryError | undefined {
  const namespaces = new Map(from.components.map(({ name, namespace }) => [name, namespace]));
  const moved = to.components.filter(
    ({ name, namespace }) => (namespaces.get(name) ?? namespace) !== namespace,
  );
  const details = [
    ...moved.map(({ name, namespace }) => `${name} would move from ${namespaces.get(name)} to ${namespace}`),
    ...(registryOf(from) === registryOf(to)
      ? []
      : [`the registry would be ${registryOf(to)} instead of ${registryOf(from)}`]),
  ];
  if (details.length === 0) return undefined;
  return installerError('UPGRADE_NOT_POSSIBLE', {
    subject: `${from.name} ${from.version}`,
    detail: details.join('; '),
  });
}

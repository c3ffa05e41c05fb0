import { statfs } from 'node:fs/promises';
import type { KubeClient } from '../apply/client/client.ts';
import { findConflicts } from '../apply/release/conflicts.ts';
import { conflictError, type OwnedField } from '../apply/release/owners.ts';
import { readComponents } from '../apply/release/state.ts';
import { imageMap, type LockedRelease, registryOf } from '../bundle/locked-release.ts';
import { isSkerryError, type SkerryError } from '../content/error.ts';
import { mapLimited } from '../content/limit.ts';
import { engineComponent } from './component.ts';
import { installerError } from './errors.ts';
import { imageWayDrift } from './images/image-way.ts';
import type { InstallContext } from './install.ts';
import { REGISTRY_ADDRESS } from './names.ts';
import {
  type Foreign,
  findForeign,
  foreignError,
  isBegun,
  notAdopted,
  type RenderedComponent,
} from './ownership/foreign.ts';
import { type OwnObjects, readOwnObjects } from './ownership/own-objects.ts';
import { ownProblems } from './ownership/own-state.ts';
import { type PlanStep, planInstall } from './plan.ts';
import { type ClusterFacts, readClusterFacts } from './preflight/cluster-facts.ts';
import { renderOffline } from './preflight/offline-rendering.ts';
import { readDenied } from './preflight/permissions.ts';
import { type Check, checkCluster, isSupported } from './preflight/preflight.ts';
import { type Installation, readInstallation } from './record/installation.ts';
import { otherReleaseError } from './record/journal.ts';
import { markOf } from './record/mark.ts';

export interface InstallPlan {
  readonly checks: readonly Check[];
  readonly phases: readonly PlanStep[];
  readonly cluster: ClusterFacts;
  readonly found: Installation | undefined;
  /** The components that are to be applied, as far as they can be rendered ahead. */
  readonly rendered: readonly RenderedComponent[];
  /** The installation's id, as far as one was found. */
  readonly id: string | undefined;
  /** What belongs to somebody else and is taken over, as the user said. */
  readonly adopted: readonly Foreign[];
  /** Fields of components that somebody else has set since; empty where that was not looked for. */
  readonly conflicts: readonly OwnedField[];
}

/** Room that the scratch folder needs: charts, Helm and its caches. */
const SCRATCH_BYTES = 200_000_000;

/**
 * Looks at the cluster and says what an installation would do, without changing anything. Nothing is rendered where
 * nothing is to be done; fields that others have set are looked for only where asked to.
 */
export async function planInstallation(
  context: InstallContext,
  options: { findConflicts?: boolean } = {},
): Promise<InstallPlan> {
  const { client, bundle, storage, signal } = context;
  const { bytes } = bundle;
  const [found, own] = await Promise.all([readRecord(client, signal), readOwnObjects(client, signal)]);
  const id = installationId(found, own);
  const mend = await phasesToMend(context, found, own);
  const phases = planInstall({ release: bundle.release, digest: bundle.address.digest, bytes, found, mend });
  const pending = pendingComponents(bundle.release, phases);
  const rendered = await renderPending(context, pending, found);
  const denied = hasPending(phases) ? await readDenied(client, rendered.components, signal) : [];
  const [cluster, foreign] = await Promise.all([
    readClusterFacts(client, denied, signal),
    own === undefined || !hasPending(phases)
      ? []
      : findForeign({ client, found, id, own, components: rendered.components, signal }),
  ]);
  const left = notAdopted(foreign, context.adopt);
  const { name, version } = bundle.release;
  const { digest } = bundle.address;
  const checks: Check[] = [
    ...checkCluster({ release: bundle.release, cluster, bytes, storage }),
    { title: 'The charts render for this cluster', problem: rendered.problem },
    { title: 'Nobody else’s things are in the way', problem: foreignError(left) },
    { title: 'No other release is in the way', problem: otherReleaseError(found, { name, version, digest }) },
    { title: 'This workstation has room for charts', problem: await checkScratch(context.scratch) },
  ];
  // Where something else is wrong already, rendering might fail for that very reason.
  const isFit = checks.every(({ problem }) => problem === undefined);
  const isLooked = options.findConflicts === true && found !== undefined && isFit;
  const conflicts = isLooked ? await conflictsOf(context, pending) : [];
  const stop = context.onConflict === 'stop' ? conflictError(bundle.release.name, conflicts) : undefined;
  checks.push({ title: 'Nobody else has changed what is applied', problem: stop });
  return {
    checks,
    cluster,
    found,
    id,
    phases,
    rendered: rendered.components,
    adopted: foreign.filter((one) => !left.includes(one)),
    conflicts,
  };
}

async function conflictsOf(context: InstallContext, names: readonly string[]): Promise<OwnedField[]> {
  const { release, store } = context.bundle;
  const conflicts: OwnedField[] = [];
  for (const name of names) {
    const component = engineComponent(release, name, { store, storage: context.storage });
    conflicts.push(...(await findConflicts(context, component)));
  }
  return conflicts;
}

async function readRecord(client: KubeClient, signal: AbortSignal): Promise<Installation | undefined> {
  try {
    return (await readInstallation(client, { signal }))?.installation;
  } catch (error) {
    if (isSkerryError(error, 'CLUSTER_FORBIDDEN')) return undefined;
    throw error;
  }
}

/** Of the record; or of what a run made before it wrote one, or gave an id to one of a version that had none. */
function installationId(found: Installation | undefined, own: OwnObjects | undefined): string | undefined {
  return found?.id || (markOf(own?.namespace) ?? markOf(own?.lease));
}

/** Finished phases whose things somebody has removed or changed since. */
async function phasesToMend(
  context: InstallContext,
  found: Installation | undefined,
  own: OwnObjects | undefined,
): Promise<ReadonlySet<string>> {
  if (found === undefined || own === undefined || found.release.digest !== context.bundle.address.digest)
    return new Set();
  const { release } = context.bundle;
  const problems = await ownProblems(found, own, `component-${registryOf(release)}`);
  const unhealthy = found.state === 'installed' ? await unhealthyComponents(context) : [];
  const phases = problems.flatMap(({ phase }) => (phase === undefined ? [] : [phase]));
  const images = (await isImageWayStale(context, found)) ? ['images'] : [];
  return new Set([...phases, ...images, ...unhealthy.map((name) => `component-${name}`)]);
}

function hasPending(phases: readonly PlanStep[]): boolean {
  return phases.some(({ state }) => state === 'run');
}

function pendingComponents(release: LockedRelease, phases: readonly PlanStep[]): string[] {
  const run = new Set(phases.filter(({ state }) => state === 'run').map(({ phase }) => phase.id));
  return release.components.map(({ name }) => name).filter((name) => run.has(`component-${name}`));
}

/** As this cluster gets them, but without asking it for objects: who looks need not be allowed to. */
async function renderPending(
  context: InstallContext,
  names: readonly string[],
  found: Installation | undefined,
): Promise<{ components: RenderedComponent[]; problem?: SkerryError }> {
  const { release, store } = context.bundle;
  const { gitVersion } = await context.client.version({ signal: context.signal });
  // For a version that is refused anyway, charts may well refuse to render.
  if (!isSupported(gitVersion, release.kubernetes)) return { components: [] };
  try {
    const components = await mapLimited(names, 2, async (name) => {
      const component = engineComponent(release, name, { store, storage: context.storage });
      return await renderOffline(context, component, { isUpgrade: isBegun(found, name) });
    });
    return { components };
  } catch (error) {
    if (isSkerryError(error, 'HELM_RENDER_FAILED')) return { components: [], problem: error };
    throw error;
  }
}

async function checkScratch(folder: string) {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= SCRATCH_BYTES) return undefined;
  return installerError('SPACE_MISSING', {
    subject: folder,
    detail: `${bavail * bsize} of ${SCRATCH_BYTES} bytes are free`,
    remedy: 'Free some space there, or set TMPDIR to a folder with more.',
  });
}

async function unhealthyComponents({ client, helm, bundle, signal }: InstallContext): Promise<string[]> {
  const states = await readComponents({ client, helm, signal }, bundle.release.components);
  return states.filter(({ healthy }) => !healthy).map(({ name }) => name);
}

/** Whether the way of images into pods that are made later is as it was set up. */
async function isImageWayStale(
  { client, bundle, signal }: InstallContext,
  found: Installation,
): Promise<boolean> {
  if (!found.phases.some(({ id, state }) => id === 'images' && state === 'done')) return false;
  const images = imageMap(bundle.release, REGISTRY_ADDRESS);
  return (await imageWayDrift({ client, images, id: found.id, signal })).length > 0;
}

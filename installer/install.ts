import type { KubeClient } from '../apply/client/client.ts';
import type { Helm } from '../apply/helm/helm.ts';
import type { ConflictPolicy } from '../apply/release/owners.ts';
import type { PublicKey } from '../bundle/key.ts';
import type { ReleaseBundle } from '../bundle/release-bundle.ts';
import { type AddressWay, findAddressWay } from './address/address-way.ts';
import type { Seed } from './address/seed.ts';
import type { RegistryStorage } from './component.ts';
import { type InstallPlan, planInstallation } from './install-plan.ts';
import { NAMESPACE } from './names.ts';
import { ensureOwnNamespace, markNamespaces } from './ownership/namespaces.ts';
import type { Phase } from './phases/phase.ts';
import { Journal } from './record/journal.ts';
import { type Lock, takeLock } from './record/lock.ts';
import { type LockedImage, smallestImage } from './smallest-image.ts';

/** All that an installation works with. */
export interface InstallContext {
  readonly client: KubeClient;
  readonly helm: Helm;
  readonly bundle: ReleaseBundle;
  readonly key: PublicKey;
  /** A folder on this workstation for what is small and passing. */
  readonly scratch: string;
  readonly storage: RegistryStorage;
  /** Words for what is somebody else's and is to be taken over. */
  readonly adopt: readonly string[];
  /** What happens to fields of components that somebody else has set since. */
  readonly onConflict: ConflictPolicy;
  /** User and host, for the journal. */
  readonly by: string;
  readonly random: () => string;
  readonly hashPassword: (password: string) => Promise<string>;
  readonly signal: AbortSignal;
}

/** Finds the way by which every node can pull. Throws NODE_CANNOT_REACH_WORKSTATION, NODE_PORT_UNANSWERED. */
export async function probeNodes(
  context: InstallContext,
  plan: InstallPlan,
  seed: Seed,
  onProgress: (text: string) => void,
): Promise<AddressWay> {
  return await findAddressWay({
    client: context.client,
    endpoint: seed.endpoint,
    nodes: plan.cluster.nodes.filter(({ ready }) => ready),
    earlier: plan.found?.address,
    image: storedName(await smallestImage(context.bundle)),
    random: context.random,
    signal: context.signal,
    onProgress,
  });
}

export interface Run {
  readonly journal: Journal;
  readonly lock: Lock;
  /** As it is under the lock. */
  readonly plan: InstallPlan;
}

/**
 * Takes the lock, the first thing that is changed in the cluster, and opens the journal. What was read before the lock
 * may be out of date by then, so the plan is made again. Throws INSTALLER_BUSY, OTHER_RELEASE_INSTALLED.
 */
export async function beginInstallation(
  context: InstallContext,
  planned: Pick<InstallPlan, 'id' | 'adopted'>,
  way: AddressWay | undefined,
  onWait: (holder: string) => void,
): Promise<Run> {
  const { client, bundle, key, by, signal } = context;
  const { release, address } = bundle;
  const fresh = planned.id ?? context.random();
  const isOwn = await ensureOwnNamespace(client, fresh, signal);
  const lock = await takeLock(client, { id: fresh, signal, onWait });
  try {
    const held = { ...context, signal: lock.signal };
    const plan = await planInstallation(held);
    const problem = plan.checks.find((check) => check.problem !== undefined)?.problem;
    if (problem !== undefined) throw problem;
    const id = plan.found?.id || (plan.id ?? fresh);
    const journal = await Journal.open(
      client,
      {
        id,
        state: 'installing',
        address: way,
        release: { name: release.name, version: release.version, digest: address.digest },
        key: { fingerprint: key.fingerprint, pem: key.pem },
        phases: plan.phases.map(({ phase: { id } }) => ({ id, state: 'waiting' })),
        components: release.components.map(({ name, namespace, health }) => ({
          name,
          namespace,
          health,
          crds: [],
        })),
        namespaces: isOwn ? [NAMESPACE] : [],
        // The lock bears our mark by now, whosever it was.
        adopted: [...planned.adopted, ...plan.adopted].map(({ word }) => word),
      },
      { by, signal: lock.signal },
    );
    await markNamespaces(client, journal.installation, lock.signal);
    return { lock, journal, plan };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Runs one phase, written down in the journal, while the next one begins what it can begin ahead. */
export async function runPhase(
  context: InstallContext,
  { journal, lock, plan: { rendered } }: Run,
  seed: Seed,
  phase: Phase,
  { next, onProgress }: { next?: Phase | undefined; onProgress: (text: string) => void },
): Promise<void> {
  const signal = lock.signal;
  const stop = new AbortController();
  const own = { ...context, journal, seed, rendered };
  const done = journal.phase(phase.id, () => phase.run({ ...own, signal }, onProgress), { signal });
  // What fails here is done by `run`.
  const ahead = next
    ?.ahead?.({ ...own, signal: AbortSignal.any([signal, stop.signal]) }, done)
    .catch(() => undefined);
  try {
    await done;
  } finally {
    stop.abort();
    await ahead;
  }
}

function storedName({ repository, tag, digest }: LockedImage): string {
  return `${repository}:${tag}@${digest}`;
}

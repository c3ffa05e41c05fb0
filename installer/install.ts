import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeClient } from '../apply/client.ts';
import type { Helm } from '../apply/helm.ts';
import type { PublicKey } from '../bundle/key.ts';
import { imageMap } from '../bundle/locked-release.ts';
import type { ReleaseBundle } from '../bundle/release-bundle.ts';
import { parseManifest } from '../content/manifest.ts';
import { type ClusterFacts, readClusterFacts } from './cluster-facts.ts';
import { installComponent } from './component.ts';
import { readComponents } from './component-state.ts';
import { runCopyJob } from './copy-job.ts';
import { installerError } from './errors.ts';
import { isGone, ownIdentity } from './holder.ts';
import { type Installation, readInstallation } from './installation.ts';
import { Journal } from './journal.ts';
import { type Lock, takeLock } from './lock.ts';
import { pointAtCluster, pointAtWorkstation } from './move-address.ts';
import { LABELS, NAMESPACE, REGISTRY_ADDRESS } from './names.ts';
import { type Phase, type PlannedPhase, phasesOf, planInstall } from './plan.ts';
import { type Check, checkCluster } from './preflight.ts';
import { ensurePushAccess } from './push-access.ts';
import { checkReachability } from './reachability.ts';
import type { Seed } from './seed.ts';

/** All that an installation works with. */
export interface InstallContext {
  readonly client: KubeClient;
  readonly helm: Helm;
  readonly bundle: ReleaseBundle;
  readonly key: PublicKey;
  /** A folder on this workstation for what is small and passing. */
  readonly scratch: string;
  readonly rewriter: readonly string[];
  readonly storage: { readonly className: string | undefined; readonly size: string };
  /** User and host, for the journal. */
  readonly by: string;
  readonly random: () => string;
  readonly hashPassword: (password: string) => Promise<string>;
  readonly signal: AbortSignal;
}

export interface InstallPlan {
  readonly checks: readonly Check[];
  readonly phases: readonly PlannedPhase[];
  readonly cluster: ClusterFacts;
  readonly found: Installation | undefined;
}

/** Room that the scratch folder needs: charts, Helm and its caches. */
const SCRATCH_BYTES = 200_000_000;
const LOCK_WAIT_MS = 45_000;

/** Looks at the cluster and says what an installation would do, without changing anything. */
export async function planInstallation(context: InstallContext): Promise<InstallPlan> {
  const { client, bundle, storage, signal } = context;
  const bytes = contentBytes(bundle);
  const cluster = await readClusterFacts(client, signal);
  const denied = cluster.denied.some(({ resource, verb }) => resource === 'configmaps' && verb === 'get');
  const found = denied ? undefined : (await readInstallation(client, { signal }))?.installation;
  const repair = found?.state === 'installed' && !(await isHealthy(context));
  const checks = [
    ...checkCluster({ release: bundle.release, cluster, bytes, storage }),
    { title: 'No other release is in the way', problem: checkOther(found, bundle) },
    { title: 'This workstation has room for charts', problem: await checkScratch(context.scratch) },
  ];
  return {
    checks,
    cluster,
    found,
    phases: planInstall({ release: bundle.release, digest: bundle.address.digest, bytes, found, repair }),
  };
}

/** Has every node pull through the way that the installation will use. Throws NODE_CANNOT_REACH_WORKSTATION. */
export async function probeNodes(
  context: InstallContext,
  plan: InstallPlan,
  seed: Seed,
  onProgress: (text: string) => void,
): Promise<void> {
  await checkReachability({
    client: context.client,
    endpoint: seed.endpoint,
    nodes: plan.cluster.nodes.filter(({ ready }) => ready).map(({ name }) => name),
    image: await smallestImage(context.bundle),
    random: context.random,
    signal: context.signal,
    onProgress,
  });
}

export interface Run {
  readonly journal: Journal;
  readonly lock: Lock;
}

/** Takes the lock and opens the journal: the first thing that is changed in the cluster. */
export async function beginInstallation(
  context: InstallContext,
  onWait: (holder: string) => void,
): Promise<Run> {
  const { client, bundle, key, by, signal } = context;
  const { release, address } = bundle;
  const namespaces = await createNamespaces(context);
  const lock = await takeLock(client, {
    identity: ownIdentity(),
    isGone,
    signal,
    waitMs: LOCK_WAIT_MS,
    onWait,
  });
  const begin: Installation = {
    version: 1,
    state: 'installing',
    release: { name: release.name, version: release.version, digest: address.digest },
    key: { fingerprint: key.fingerprint, pem: key.pem },
    phases: phasesOf(release, 0).map(({ id }) => ({ id, state: 'waiting' })),
    components: release.components.map(({ name, namespace }) => ({ name, namespace, crds: [] })),
    namespaces,
  };
  return { lock, journal: await Journal.open(client, begin, { by, signal }) };
}

/** Runs one phase, written down in the journal. */
export async function runPhase(
  context: InstallContext,
  run: Run,
  seed: Seed,
  phase: Phase,
  onProgress: (text: string) => void,
): Promise<void> {
  const signal = run.lock.signal;
  await run.journal.phase(phase.id, () => carryOut({ ...context, signal }, run, seed, phase, onProgress), {
    signal,
  });
}

async function carryOut(
  context: InstallContext,
  { journal }: Run,
  seed: Seed,
  phase: Phase,
  onProgress: (text: string) => void,
): Promise<void> {
  const { client, signal, bundle } = context;
  if (phase.kind === 'address') {
    if (phase.to === 'workstation') await pointAtWorkstation(client, seed.endpoint, signal);
    else await pointAtCluster(client, signal);
    return;
  }
  if (phase.kind === 'copy') {
    await copyContent(context, onProgress);
    return;
  }
  const component = componentOf(bundle, phase.name);
  const isRegistry = component.name === bundle.release.registry.component;
  if (isRegistry)
    await ensurePushAccess({ client, password: context.random, hash: context.hashPassword, signal });
  await installComponent({
    ...context,
    component,
    store: bundle.store,
    images: imageMap(bundle.release, REGISTRY_ADDRESS),
    values: isRegistry ? withStorage(component.values, context.storage) : component.values,
    onCrds: (names) => journal.noteCrds(component.name, names, { signal }),
    onProgress,
  });
}

async function copyContent(
  { client, bundle, signal }: InstallContext,
  onProgress: (text: string) => void,
): Promise<void> {
  const { release, address } = bundle;
  const registry = componentOf(bundle, release.registry.component);
  const image = imageMap(release, REGISTRY_ADDRESS).get(registry.images[0] ?? '');
  if (image === undefined)
    throw installerError('IMAGE_NOT_IN_BUNDLE', { subject: `the image of component ${registry.name}` });
  await runCopyJob({
    client,
    image,
    release: `${address.repository}:${address.tag}@${address.digest}`,
    signal,
    onProgress: ({ bytesDone, bytesTotal }) =>
      onProgress(`${percent(bytesDone, bytesTotal)} of ${bytesTotal} bytes`),
  });
}

function percent(done: number, total: number): string {
  return `${Math.floor((100 * done) / Math.max(1, total))} %`;
}

async function createNamespaces({ client, bundle, signal }: InstallContext): Promise<string[]> {
  const wanted = new Set([NAMESPACE, ...bundle.release.components.map(({ namespace }) => namespace)]);
  const created: string[] = [];
  for (const name of wanted) {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: LABELS } };
    const found = await client.get(namespace, { signal });
    // What an earlier run made bears our labels: it is ours to take away again.
    if (found === undefined) await client.apply(namespace, { signal });
    if (found === undefined || found.metadata.labels?.['app.kubernetes.io/managed-by'] === 'skerry')
      created.push(name);
  }
  return created;
}

function checkOther(found: Installation | undefined, { release, address }: ReleaseBundle) {
  if (found === undefined || found.release.digest === address.digest) return undefined;
  return installerError('OTHER_RELEASE_INSTALLED', {
    subject: `${found.release.name} ${found.release.version} (${found.state})`,
    detail: `this stick holds ${release.name} ${release.version}`,
  });
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

/** The image with the fewest bytes of all, for probing: `repository:tag@digest`. */
async function smallestImage({ store, release }: ReleaseBundle): Promise<string> {
  const sized = await Promise.all(
    release.images.map(async (image) => {
      const manifest = await store.readManifest(image.repository, image.digest);
      const content = manifest && parseManifest(manifest, image.reference);
      const size = content?.blobs.reduce((sum, blob) => sum + blob.size, 0) ?? 0;
      return { image, size: size === 0 ? Number.POSITIVE_INFINITY : size };
    }),
  );
  const [smallest] = sized.sort((a, b) => a.size - b.size);
  if (smallest === undefined)
    throw installerError('IMAGE_NOT_IN_BUNDLE', { subject: release.name, detail: 'no images at all' });
  const { repository, tag, digest } = smallest.image;
  return `${repository}:${tag}@${digest}`;
}

async function isHealthy({ client, helm, bundle, signal }: InstallContext): Promise<boolean> {
  const states = await readComponents(client, helm, bundle.release.components, signal);
  return states.every(({ healthy }) => healthy);
}

function componentOf({ release }: ReleaseBundle, name: string) {
  const component = release.components.find((candidate) => candidate.name === name);
  if (component === undefined) throw installerError('INSTALLATION_INVALID', { subject: `component ${name}` });
  return component;
}

function withStorage(
  values: Readonly<Record<string, unknown>>,
  { className, size }: InstallContext['storage'],
) {
  const storage = typeof values.storage === 'object' ? values.storage : {};
  return {
    ...values,
    storage: { ...storage, size, ...(className === undefined ? {} : { storageClass: className }) },
  };
}

function contentBytes({ store }: ReleaseBundle): number {
  return store.places.reduce((sum, { size }) => sum + size, 0);
}

/** A private folder below `base`, removed at the end. */
export async function withScratch<T>(base: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(base, 'skerry-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { objectAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { indexOfPlan, writeBundle } from '../../bundle/file/write.ts';
import { generateKey, parseSigningKey, type SigningKey } from '../../bundle/key.ts';
import type { LockedRelease } from '../../bundle/locked-release.ts';
import { putRelease } from '../../bundle/release-artifact.ts';
import { peekRelease, type ReleaseBundle } from '../../bundle/release-bundle.ts';
import { signManifest } from '../../bundle/signature.ts';
import { planCopy } from '../../content/copy/copy-plan.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import { digestOf } from '../../content/digest.ts';
import { manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { hashPassword } from '../../registry/access/passwords/password-hash.ts';
import type { Seed } from '../address/seed.ts';
import { beginInstallation, type InstallContext, runPhase } from '../install.ts';
import { type InstallPlan, planInstallation } from '../install-plan.ts';
import { REGISTRY_SERVICE } from '../names.ts';
import { type ScriptedCharts, ScriptedHelm } from './scripted-helm.ts';

const SKERRY_IMAGE = 'images.example/skerry:1';
const REGISTRY_LABELS = { app: 'registry' };

/** The registry's chart, as far as an installer cares: a Deployment, and the Service in front of its pods. */
export const REGISTRY_CHART: readonly KubeObject[] = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'skerry-registry-store' },
    spec: { selector: REGISTRY_LABELS, ports: [{ port: 5000 }] },
  },
  deployment('skerry-registry', SKERRY_IMAGE),
];

export function deployment(name: string, image = SKERRY_IMAGE): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas: 1, template: { spec: { containers: [{ name: 'main', image }] } } },
  };
}

/** A cluster that answers, a signed-like bundle on disk, and all that an installation works with. */
export interface ScriptedSite {
  readonly server: ScriptedApiServer;
  readonly helm: ScriptedHelm;
  readonly context: InstallContext;
  readonly bundle: ReleaseBundle;
  close(): Promise<void>;
}

export interface SiteOptions {
  /** Besides the registry: component to what its chart renders to, in the namespace of its name. */
  readonly charts?: ScriptedCharts | undefined;
  readonly version?: string | undefined;
  /** What the registry's chart renders to. */
  readonly registry?: readonly KubeObject[] | undefined;
}

/** Sets up a site in which everything becomes healthy at once, and nothing is installed. */
export async function scriptedSite({
  charts = {},
  version = '1.0.0',
  registry = REGISTRY_CHART,
}: SiteOptions = {}): Promise<ScriptedSite> {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-site-'));
  const server = await ScriptedApiServer.start();
  server.objects.controller = (object) => {
    if (isAddress(object)) server.objects.apply(sliceOf(object), 'endpointslice-controller');
    return healthy(object);
  };
  server.put(
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n1' },
      status: { conditions: [condition('Ready')] },
    },
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'fast', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    },
  );
  const client = server.client();
  const all = { registry, ...charts };
  const helm = new ScriptedHelm(client, all);
  const key = parseSigningKey(generateKey().privatePem, 'a key');
  const bundle = await scriptedBundle(join(folder, 'x.bundle.tar'), {
    components: Object.keys(all),
    version,
    key,
  });
  let made = 0;
  const context: InstallContext = {
    client,
    helm,
    bundle,
    key: key.publicKey,
    scratch: folder,
    storage: { className: undefined, size: '20Gi' },
    adopt: [],
    onConflict: 'stop',
    by: 'tester@here',
    random: () => `random-${++made}`,
    hashPassword: (password) => hashPassword(password, randomBytes(16)),
    signal: AbortSignal.timeout(60_000),
  };
  return {
    server,
    helm,
    context,
    bundle,
    close: async () => {
      await bundle.store.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The Service whose pods are in the cluster: the control plane makes its slice. */
function isAddress({ kind, spec, metadata }: KubeObject): boolean {
  return (
    kind === 'Service' &&
    metadata.name === REGISTRY_SERVICE &&
    metadata.deletionTimestamp === undefined &&
    objectAt(spec, 'selector') !== undefined
  );
}

function sliceOf({ metadata: { name, namespace, uid } }: KubeObject): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-abcde`,
      namespace,
      labels: {
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ownerReferences: uid === undefined ? [] : [{ apiVersion: 'v1', kind: 'Service', name, uid }],
    },
    endpoints: [{ addresses: ['10.1.1.1'], conditions: { ready: true } }],
  };
}

function condition(type: string) {
  return { type, status: 'True' };
}

/** What controllers would do, at once. */
function healthy(object: KubeObject): KubeObject {
  switch (object.kind) {
    case 'Deployment':
      return {
        ...object,
        status: {
          observedGeneration: object.metadata.generation,
          replicas: 1,
          updatedReplicas: 1,
          readyReplicas: 1,
          availableReplicas: 1,
          conditions: [condition('Available')],
        },
      };
    case 'Job':
      return { ...object, status: { conditions: [condition('Complete')] } };
    case 'CustomResourceDefinition':
      return { ...object, status: { conditions: [condition('Established'), condition('NamesAccepted')] } };
    case 'Service':
      return { ...object, spec: { ...Object(object.spec), clusterIP: '10.0.0.1' } };
    default:
      return object;
  }
}

export interface ScriptedRelease {
  readonly components: readonly string[];
  readonly version: string;
  readonly key: SigningKey;
  /** By component: what is different is another component for an upgrade. */
  readonly values?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
}

/** A signed release whose charts are what ScriptedHelm says. */
export async function scriptedBundle(
  path: string,
  { components, version, key, values = {} }: ScriptedRelease,
): Promise<ReleaseBundle> {
  const store = new MemoryStore();
  const chart = await putChart(store);
  const image = { repository: 'skerry/image', tag: '1', digest: chart.digest };
  const release: LockedRelease = {
    apiVersion: 'skerry.dev/v1',
    kind: 'LockedRelease',
    name: 'demo',
    version,
    description: '',
    kubernetes: '>=1.31 <1.36',
    registry: { component: 'registry' },
    components: components.map((name) => ({
      name,
      namespace: name === 'registry' ? 'skerry-system' : name,
      chart,
      values: values[name] ?? {},
      timeoutSeconds: 10,
      health: [],
      images: [SKERRY_IMAGE],
    })),
    packs: [],
    images: [{ ...image, reference: SKERRY_IMAGE, names: [], certainty: 'sure', places: [] }],
    notTaken: [],
    platforms: [],
    apiVersions: [],
    hostTools: [],
    contents: [],
  };
  const { repository, tag, digest } = await putRelease(store, release);
  await signManifest(store, repository, digest, key);
  const plan = await planCopy(store, [
    { repository, reference: tag },
    { repository: chart.repository, reference: chart.tag },
  ]);
  await writeBundle(path, indexOfPlan(plan), plan, store);
  return await peekRelease(path);
}

async function putChart(store: MemoryStore) {
  const blob = (mediaType: string, text: string): Descriptor => {
    const bytes = Buffer.from(text);
    return store.putBlob({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes);
  };
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: blob('application/vnd.cncf.helm.config.v1+json', '{"name":"chart","version":"1.0.0"}'),
    layers: [blob(MediaType.helmChart, 'what ScriptedHelm does not read')],
  });
  const [repository, tag] = ['skerry/charts/chart', '1.0.0'];
  await store.writeManifest(repository, tag, manifest);
  return { repository, tag, digest: manifest.digest };
}

export const SEED: Seed = {
  endpoint: { ip: '192.0.2.1', port: 5000 },
  description: 'a seed',
  close: async () => {},
};

/** Installs as the command does, without what needs nodes. `before` is called before each phase that is run. */
export async function installOn(
  context: InstallContext,
  before: (phase: string) => void = () => {},
): Promise<InstallPlan> {
  const plan = await planInstallation(context);
  const problem = plan.checks.find((check) => check.problem !== undefined)?.problem;
  if (problem !== undefined) throw problem;
  if (plan.found?.state === 'installed' && plan.phases.every(({ state }) => state === 'done')) return plan;
  const run = await beginInstallation(context, plan, 'node-port', () => {});
  try {
    for (const { phase, state } of run.plan.phases) {
      if (state === 'done') continue;
      before(phase.id);
      await runPhase(context, run, SEED, phase, { onProgress: () => {} });
    }
    await run.journal.finish({ signal: run.lock.signal });
    return plan;
  } catch (error) {
    await run.journal.failed(error, run.lock.signal);
    throw error;
  } finally {
    await run.lock.release();
  }
}

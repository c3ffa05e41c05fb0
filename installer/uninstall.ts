import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient, ObjectReference } from '../apply/client.ts';
import type { Helm } from '../apply/helm.ts';
import { listAt, textAt } from '../apply/json.ts';
import { describeObject, type KubeObject } from '../apply/object.ts';
import { componentObjects } from './component.ts';
import { installerError } from './errors.ts';
import {
  type Installation,
  readInstallation,
  type StoredInstallation,
  writeInstallation,
} from './installation.ts';
import {
  COPY_JOB,
  INSTALLATION,
  LABELS,
  LEASE,
  NAMESPACE,
  PUSH_SECRET,
  REGISTRY_SERVICE,
  USERS_SECRET,
  WORKSTATION_SLICE,
} from './names.ts';

/** What uninstalling deletes, all of it by name. */
export interface UninstallPlan {
  /** The record; absent where an installer was cut off before it wrote one. */
  readonly stored: StoredInstallation | undefined;
  /** In the order in which they go. */
  readonly components: readonly {
    readonly name: string;
    readonly namespace: string;
    readonly objects: readonly string[];
  }[];
  readonly crds: readonly { readonly name: string; readonly resources: readonly string[] }[];
  readonly objects: readonly ObjectReference[];
  readonly namespaces: readonly string[];
  /** Namespaces that stay, with what others have in them. */
  readonly kept: readonly { readonly namespace: string; readonly because: readonly string[] }[];
}

const POLL_MS = 500;
const GONE_TIMEOUT_MS = 180_000;

/** Kinds in which somebody else's things would be lost together with a namespace. */
const KINDS: readonly [string, string][] = [
  ['v1', 'Pod'],
  ['v1', 'PersistentVolumeClaim'],
  ['v1', 'ConfigMap'],
  ['v1', 'Secret'],
  ['v1', 'Service'],
  ['v1', 'ServiceAccount'],
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'StatefulSet'],
  ['apps/v1', 'DaemonSet'],
  ['batch/v1', 'Job'],
  ['batch/v1', 'CronJob'],
];

/** Finds everything that would be deleted. Changes nothing. Throws NOT_INSTALLED. */
export async function planUninstall(
  client: KubeClient,
  helm: Helm,
  signal: AbortSignal,
): Promise<UninstallPlan> {
  const stored = await readInstallation(client, { signal });
  const installation = stored?.installation ?? (await unrecorded(client, signal));
  const components = [];
  for (const { name, namespace } of installation.components.toReversed()) {
    const objects = await componentObjects(client, helm, { name, namespace }, signal);
    if (objects !== undefined) components.push({ name, namespace, objects: objects.map(describeObject) });
  }
  const crds = await findCrds(
    client,
    installation.components.flatMap((component) => component.crds),
    signal,
  );
  const own = await existing(client, ownObjects(), signal);
  const known = new Set([
    ...components.flatMap(({ objects }) => objects),
    ...own.map((object) => describeObject(object)),
  ]);
  const namespaces: string[] = [];
  const kept: { namespace: string; because: string[] }[] = [];
  for (const namespace of installation.namespaces) {
    const because = await foreignObjects(
      client,
      namespace,
      known,
      components.map(({ name }) => name),
      signal,
    );
    if (because.length === 0) namespaces.push(namespace);
    else kept.push({ namespace, because });
  }
  return { stored, components, crds, objects: own, namespaces, kept };
}

/** What there is before there is a record: the namespace, if it bears our label. Throws NOT_INSTALLED. */
async function unrecorded(
  client: KubeClient,
  signal: AbortSignal,
): Promise<Pick<Installation, 'components' | 'namespaces'>> {
  const namespace = await client.get(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    { signal },
  );
  if (
    namespace?.metadata.labels?.['app.kubernetes.io/managed-by'] === LABELS['app.kubernetes.io/managed-by']
  ) {
    return { components: [], namespaces: [NAMESPACE] };
  }
  throw installerError('NOT_INSTALLED', { subject: client.server });
}

/** Deletes just what the plan names. May be cut off and run again. */
export async function uninstall(
  client: KubeClient,
  helm: Helm,
  plan: UninstallPlan,
  options: { signal: AbortSignal; onStep: (text: string) => void },
): Promise<void> {
  const { signal, onStep } = options;
  if (plan.stored !== undefined) await beginAnew(client, plan.stored, signal);
  for (const { name, namespace } of plan.components) {
    onStep(`component ${name}`);
    await helm.uninstall({ name, namespace, signal });
  }
  for (const { name } of plan.crds) {
    onStep(`CustomResourceDefinition ${name}`);
    await deleteAndWait(client, crdReference(name), signal);
  }
  for (const object of plan.objects) {
    onStep(`${object.kind} ${object.metadata.name}`);
    await client.delete(object, { signal, propagation: 'Foreground' });
  }
  for (const name of plan.namespaces) {
    onStep(`Namespace ${name}`);
    await deleteAndWait(client, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, signal);
  }
}

// Whoever installs after this was cut off must not take anything for done.
async function beginAnew(client: KubeClient, stored: StoredInstallation, signal: AbortSignal): Promise<void> {
  const phases = stored.installation.phases.map(({ id }) => ({ id, state: 'waiting' as const }));
  const installation: Installation = { ...stored.installation, state: 'uninstalling', phases };
  await writeInstallation(client, { ...stored, installation }, { signal });
}

// The record goes last of all: as long as it is there, uninstalling can be gone on with.
function ownObjects(): ObjectReference[] {
  const inNamespace = (apiVersion: string, kind: string, name: string): ObjectReference => ({
    apiVersion,
    kind,
    metadata: { name, namespace: NAMESPACE },
  });
  return [
    inNamespace('batch/v1', 'Job', COPY_JOB),
    inNamespace('v1', 'Service', REGISTRY_SERVICE),
    inNamespace('discovery.k8s.io/v1', 'EndpointSlice', WORKSTATION_SLICE),
    inNamespace('v1', 'Secret', PUSH_SECRET),
    inNamespace('v1', 'Secret', USERS_SECRET),
    inNamespace('coordination.k8s.io/v1', 'Lease', LEASE),
    inNamespace('v1', 'ConfigMap', INSTALLATION),
  ];
}

async function existing(
  client: KubeClient,
  references: readonly ObjectReference[],
  signal: AbortSignal,
): Promise<KubeObject[]> {
  const found = await Promise.all(references.map((reference) => client.get(reference, { signal })));
  return found.filter((object) => object !== undefined);
}

async function findCrds(client: KubeClient, names: readonly string[], signal: AbortSignal) {
  const found = await existing(client, names.map(crdReference), signal);
  return await Promise.all(
    found.map(async (crd) => {
      const version = listAt(crd, 'spec', 'versions').map((candidate) => textAt(candidate, 'name'))[0];
      const kind = textAt(crd, 'spec', 'names', 'kind') ?? '';
      const { items } = await client.list(
        { apiVersion: `${textAt(crd, 'spec', 'group')}/${version}`, kind },
        { signal },
      );
      return { name: crd.metadata.name, resources: items.map(describeObject) };
    }),
  );
}

function crdReference(name: string): ObjectReference {
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name } };
}

async function foreignObjects(
  client: KubeClient,
  namespace: string,
  known: ReadonlySet<string>,
  components: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const foreign: string[] = [];
  for (const [apiVersion, kind] of KINDS) {
    const { items } = await client.list({ apiVersion, kind, namespace }, { signal });
    foreign.push(...items.filter((object) => !isOurs(object, known, components)).map(describeObject));
  }
  return foreign;
}

function isOurs(object: KubeObject, known: ReadonlySet<string>, components: readonly string[]): boolean {
  const { name, labels, ownerReferences = [] } = object.metadata;
  if (known.has(describeObject(object)) || ownerReferences.length > 0) return true;
  // What every namespace has, and Helm's own records of the components.
  if (object.kind === 'ConfigMap' && name === 'kube-root-ca.crt') return true;
  if (object.kind === 'ServiceAccount' && name === 'default') return true;
  return object.kind === 'Secret' && labels?.owner === 'helm' && components.includes(labels.name ?? '');
}

async function deleteAndWait(
  client: KubeClient,
  reference: ObjectReference,
  signal: AbortSignal,
): Promise<void> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(GONE_TIMEOUT_MS)]);
  await client.delete(reference, { signal: limited, propagation: 'Foreground' });
  while ((await client.get(reference, { signal: limited })) !== undefined)
    await sleep(POLL_MS, undefined, { signal: limited });
}

import { textAt } from '../../../apply/json.ts';
import { isSkerryError, type SkerryError } from '../../../content/error.ts';
import type { Condition } from '../../api/cluster-status.ts';
import { withCondition } from '../../hub/controller/conditions.ts';
import { updateStatus } from '../../hub/controller/update-status.ts';
import { nameOfKey } from '../../hub/watched/stored.ts';
import { releaseAddresses, takeAddress } from '../addresses/reservations.ts';
import { usedByOthers } from '../addresses/used-by-others.ts';
import { INFRA_API_VERSION } from '../api/group.ts';
import type { SkerryMachineStatus } from '../api/skerry-machine.ts';
import { infraError } from '../errors.ts';
import { converge, type Outcome } from '../machine/converge.ts';
import type { MachineStep, WantedMachine } from '../provider/machine.ts';
import type { CloudProvider } from '../provider/provider.ts';
import { lateConsole } from './late-console.ts';
import { machineId, providerIdOf } from './machine-id.ts';
import { CAPI, DELETION_ANNOTATION, MACHINE_FINALIZER, POWER_ANNOTATION } from './names.ts';
import { refuseTwins } from './refuse-twins.ts';
import {
  accountKeyOf,
  type CapiMachine,
  StoredInfraMachine as Schema,
  type StoredInfraCluster,
  type StoredInfraMachine,
} from './stored.ts';
import type { Again, InfraWorld } from './world.ts';

const SOON_MS = 3000;
const CHECK_MS = 60_000;
const BLOCKED_MS = 60_000;
/** Nothing is known then of any machine: none is judged. */
const UNKNOWN = new Set([
  'CLOUD_UNREACHABLE',
  'CREDENTIALS_REFUSED',
  'CLOUD_CERTIFICATE_CHANGED',
  'ACCOUNT_INVALID',
]);

const STEP_REASONS: Readonly<Record<MachineStep, string>> = {
  create: 'Creating',
  configure: 'Configuring',
  'power-on': 'Starting',
  'power-off': 'Stopping',
  delete: 'Deleting',
};

/** Brings one machine to what its object says. */
export async function workOnMachine(world: InfraWorld, key: string, signal: AbortSignal): Promise<Again> {
  const reference = { apiVersion: INFRA_API_VERSION, kind: 'SkerryMachine', metadata: nameOfKey(key) };
  // Read again: whether it is being deleted must not be what was seen a while ago.
  const machine = Schema.safeParse(await world.client.get(reference, { signal })).data;
  if (machine === undefined) return {};
  const cluster = clusterOf(world, machine);
  const isDeleting = machine.metadata.deletionTimestamp !== undefined;
  try {
    if (isDeleting) return await remove(world, machine, cluster, signal);
    const waitsFor = waitReason(world, machine, cluster);
    if (cluster === undefined || waitsFor !== undefined) {
      await say(
        world,
        machine,
        { status: 'False', reason: waitsFor ?? 'WaitingForCluster', message: '' },
        {},
        signal,
      );
      return {};
    }
    return await keep(world, machine, cluster, signal);
  } catch (error) {
    if (signal.aborted || !isSkerryError(error) || error.code.startsWith('CLUSTER_')) throw error;
    const status = UNKNOWN.has(error.code) ? 'Unknown' : 'False';
    await say(world, machine, { status, reason: error.code, message: textOf(error) }, {}, signal);
    // For the queue, which asks less and less often.
    throw error;
  }
}

function clusterOf(world: InfraWorld, { metadata }: StoredInfraMachine): StoredInfraCluster | undefined {
  const name = metadata.labels[CAPI.clusterLabel];
  return name === undefined ? undefined : world.watched.clusters.get(`${metadata.namespace}/${name}`);
}

function ownerOf(world: InfraWorld, { metadata }: StoredInfraMachine): CapiMachine | undefined {
  const owner = metadata.ownerReferences.find(({ kind }) => kind === 'Machine');
  return owner === undefined
    ? undefined
    : world.watched.capiMachines.get(`${metadata.namespace}/${owner.name}`);
}

/** Its contract: nothing is done then. Another gateway may have the machine meanwhile. */
function isPaused(world: InfraWorld, { metadata }: StoredInfraMachine): boolean {
  const capi = world.watched.capiClusters.get(`${metadata.namespace}/${metadata.labels[CAPI.clusterLabel]}`);
  return capi?.spec.paused === true || metadata.annotations[CAPI.pausedAnnotation] !== undefined;
}

/** What Cluster API's contract says has to be there first; each of it wakes the machine when it comes. */
function waitReason(
  world: InfraWorld,
  machine: StoredInfraMachine,
  cluster: StoredInfraCluster | undefined,
): string | undefined {
  const owner = ownerOf(world, machine);
  if (owner === undefined) return 'WaitingForMachine';
  if (cluster === undefined) return 'WaitingForCluster';
  if (isPaused(world, machine)) return 'Paused';
  const key = `${cluster.metadata.namespace}/${cluster.metadata.name}`;
  const capi = world.watched.capiClusters.get(key);
  if (capi?.status.initialization?.infrastructureProvisioned !== true)
    return 'WaitingForClusterInfrastructure';
  if (owner.spec.bootstrap.dataSecretName === undefined) return 'WaitingForBootstrapData';
  return undefined;
}

async function keep(
  world: InfraWorld,
  machine: StoredInfraMachine,
  cluster: StoredInfraCluster,
  signal: AbortSignal,
): Promise<Again> {
  await claim(world, machine, signal);
  const provider = await providerOf(world, cluster, signal);
  const wasProvisioned = machine.status.initialization?.provisioned === true;
  if (!wasProvisioned) await refuseTwins(world, provider, cluster, signal);
  const wanted = await wantedOf(world, machine, cluster, signal);
  const keepsPower = annotationOf(machine, cluster, POWER_ANNOTATION) !== 'false';
  const outcome = await converge(provider, wanted, {
    intent: { isDeleting: false, wasProvisioned, keepsPower },
    signal,
    onStep: async (step) => {
      world.log.info({ machine: machine.metadata.name, step }, 'a step');
      // A clone may take minutes, in which nothing else would be told.
      await say(world, machine, { status: 'False', reason: STEP_REASONS[step], message: '' }, {}, signal);
    },
  });
  return await tell(world, machine, outcome, { wanted, provider }, signal);
}

/** Before anything is made: what it will be known by, and that it must be taken away again. */
async function claim(world: InfraWorld, machine: StoredInfraMachine, signal: AbortSignal): Promise<void> {
  const { metadata, spec } = machine;
  const hasFinalizer = metadata.finalizers.includes(MACHINE_FINALIZER);
  if (hasFinalizer && spec.providerID !== undefined) return;
  const finalizers = hasFinalizer ? metadata.finalizers : [...metadata.finalizers, MACHINE_FINALIZER];
  const patch = {
    metadata: { uid: metadata.uid, finalizers },
    spec: { providerID: spec.providerID ?? providerIdOf(metadata.uid) },
  };
  await world.client.patch(referenceTo(machine), patch, { signal });
}

async function tell(
  world: InfraWorld,
  machine: StoredInfraMachine,
  outcome: Outcome,
  { wanted, provider }: { wanted: WantedMachine; provider: Pick<CloudProvider, 'console'> },
  signal: AbortSignal,
): Promise<Again> {
  if (outcome.kind === 'blocked') {
    const message = outcome.detail ?? '';
    await say(world, machine, { status: 'False', reason: outcome.code, message }, {}, signal);
    return { againMs: BLOCKED_MS };
  }
  const found = outcome.observed.state === 'present' ? outcome.observed.addresses : [];
  const own = wanted.address === undefined ? [] : [wanted.address.address];
  const ips = found === undefined || found.length === 0 ? own : found;
  const waitsForAddress = found !== undefined && ips.length === 0;
  if (outcome.kind === 'wait' || waitsForAddress) {
    const reason = outcome.kind === 'wait' ? 'WaitingForCloud' : 'WaitingForAddress';
    await say(world, machine, { status: 'False', reason, message: '' }, {}, signal);
    return { againMs: SOON_MS };
  }
  const addresses = [
    ...ips.map((address) => ({ type: 'InternalIP', address })),
    { type: 'Hostname', address: machine.metadata.name },
  ];
  const looked = {
    ...{ machine, owner: ownerOf(world, machine), mark: wanted.mark, now: world.now() },
    onFailure: (err: unknown) =>
      world.log.warn({ err, machine: machine.metadata.name }, 'its console was not read'),
  };
  const console = await lateConsole(provider, looked, signal);
  const more = { initialization: { provisioned: true }, addresses, console };
  await say(world, machine, { status: 'True', reason: 'Running', message: '' }, more, signal);
  return { againMs: CHECK_MS };
}

async function remove(
  world: InfraWorld,
  machine: StoredInfraMachine,
  cluster: StoredInfraCluster | undefined,
  signal: AbortSignal,
): Promise<Again> {
  const { metadata } = machine;
  if (!metadata.finalizers.includes(MACHINE_FINALIZER)) return {};
  if (isPaused(world, machine)) return { againMs: CHECK_MS };
  if (annotationOf(machine, cluster, DELETION_ANNOTATION) !== 'orphan') {
    if (cluster === undefined)
      throw infraError('ACCOUNT_INVALID', {
        subject: metadata.name,
        detail: 'its SkerryCluster is not there',
      });
    const provider = await providerOf(world, cluster, signal);
    const wasProvisioned = machine.status.initialization?.provisioned === true;
    const wanted = bareMachine(machine, cluster);
    const intent = { isDeleting: true, wasProvisioned, keepsPower: true };
    const outcome = await converge(provider, wanted, { intent, signal });
    if (outcome.kind === 'wait') return { againMs: SOON_MS };
    if (outcome.kind === 'blocked') {
      const message = outcome.detail ?? '';
      await say(world, machine, { status: 'False', reason: outcome.code, message }, {}, signal);
      return { againMs: BLOCKED_MS };
    }
  }
  await releaseAddresses(world, machineId(machine), signal);
  world.inClouds.release(machineId(machine));
  const finalizers = metadata.finalizers.filter((name) => name !== MACHINE_FINALIZER);
  await world.client.patch(referenceTo(machine), { metadata: { uid: metadata.uid, finalizers } }, { signal });
  return {};
}

async function wantedOf(
  world: InfraWorld,
  machine: StoredInfraMachine,
  cluster: StoredInfraCluster,
  signal: AbortSignal,
): Promise<WantedMachine> {
  const { namespace } = machine.metadata;
  const secretName = ownerOf(world, machine)?.spec.bootstrap.dataSecretName ?? '';
  const reference = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: secretName } };
  const data = textAt(await world.client.get(reference, { signal }), 'data', 'value');
  if (data === undefined && machine.status.initialization?.provisioned !== true)
    throw infraError('BOOTSTRAP_DATA_MISSING', { subject: `Secret ${namespace}/${secretName}` });
  const bare = bareMachine(machine, cluster);
  const pool = machine.spec.addressPool;
  const userData = Buffer.from(data ?? '', 'base64').toString();
  if (pool === undefined) return { ...bare, userData };
  const holder = bare.mark.id;
  const has = (machine.status.addresses ?? []).map(({ address }) => address);
  const taking = { pool, holder, owner: machine.metadata, has, used: () => usedByOthers(world, holder) };
  return { ...bare, userData, address: await takeAddress(world, taking, signal) };
}

/** Without what only making it needs. */
function bareMachine(machine: StoredInfraMachine, cluster: StoredInfraCluster): WantedMachine {
  const { origin, controlPlaneEndpoint } = cluster.spec;
  const { providerID: _, ...shape } = machine.spec;
  const isControlPlane = machine.metadata.labels[CAPI.controlPlaneLabel] !== undefined;
  return {
    mark: {
      clusterId: origin.id,
      cluster: `${origin.project}/${origin.name}`,
      machine: machine.metadata.name,
      id: machineId(machine),
    },
    shape,
    userData: '',
    address: undefined,
    virtualAddress: isControlPlane ? controlPlaneEndpoint?.host : undefined,
  };
}

async function providerOf(
  world: InfraWorld,
  cluster: StoredInfraCluster,
  signal: AbortSignal,
): Promise<CloudProvider> {
  const key = accountKeyOf(cluster);
  const account = world.watched.accounts.get(key);
  if (account === undefined)
    throw infraError('ACCOUNT_INVALID', { subject: `SkerryAccount ${key}`, detail: 'there is none' });
  return await world.accounts.provider(account, signal);
}

function annotationOf(
  machine: StoredInfraMachine,
  cluster: StoredInfraCluster | undefined,
  name: string,
): string | undefined {
  return machine.metadata.annotations[name] ?? cluster?.metadata.annotations[name];
}

async function say(
  world: InfraWorld,
  machine: StoredInfraMachine,
  condition: Omit<Condition, 'type' | 'lastTransitionTime'>,
  more: Partial<SkerryMachineStatus>,
  signal: AbortSignal,
): Promise<void> {
  const change = (object: unknown) => {
    const { conditions } = Schema.parse(object).status;
    return { ...more, conditions: withCondition(conditions, { type: 'Ready', ...condition }, world.now()) };
  };
  await updateStatus(world.client, referenceTo(machine), change, signal);
}

function referenceTo({ metadata: { name, namespace } }: StoredInfraMachine) {
  return { apiVersion: INFRA_API_VERSION, kind: 'SkerryMachine', metadata: { name, namespace } };
}

function textOf({ subject, detail }: SkerryError): string {
  return detail === undefined ? subject : `${subject}: ${detail}`;
}

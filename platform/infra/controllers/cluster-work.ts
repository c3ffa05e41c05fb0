import { isSkerryError, type SkerryError } from '../../../content/error.ts';
import type { Condition } from '../../api/cluster-status.ts';
import { conditionOf, withCondition } from '../../hub/controller/conditions.ts';
import { updateStatus } from '../../hub/controller/update-status.ts';
import { nameOfKey } from '../../hub/watched/stored.ts';
import { releaseAddresses, takeAddress } from '../addresses/reservations.ts';
import { usedByOthers } from '../addresses/used-by-others.ts';
import { INFRA_API_VERSION } from '../api/group.ts';
import type { CloudProvider } from '../provider/provider.ts';
import { installAgent } from '../push/install-agent.ts';
import { EKS_KIND, type EksCluster } from './eks-cluster.ts';
import { followEks } from './eks-work.ts';
import { keepBudgets } from './health-budget.ts';
import { CAPI, CLUSTER_FINALIZER } from './names.ts';
import { ownByCluster } from './own-cluster.ts';
import { preflightMissing, preflightSaid, wantedShapes } from './preflight.ts';
import {
  accountKeyOf,
  type CapiCluster,
  StoredInfraCluster as Schema,
  type StoredInfraCluster,
} from './stored.ts';
import { type ClusterParts, summaryOf } from './summary.ts';
import { tidyTemplates } from './template-work.ts';
import type { Again, InfraWorld } from './world.ts';

const DEFAULT_PORT = 6443;
const CHECK_MS = 60_000;
/** A control plane that has just come up may take some seconds more to answer. */
const AGENT_MS = 5000;
/** What was missing may have been made, or what says which machines are wanted have come. */
const PREFLIGHT_MS = 5000;
/** What AWS's provider says while it makes something is not watched. */
const EKS_CHECK_MS = 15_000;

/** Brings the infrastructure of one cluster to what its object says, and tells how the whole fares. */
export async function workOnCluster(world: InfraWorld, key: string, signal: AbortSignal): Promise<Again> {
  const reference = { apiVersion: INFRA_API_VERSION, kind: 'SkerryCluster', metadata: nameOfKey(key) };
  const read = await world.client.get(reference, { signal });
  const found = Schema.safeParse(read).data;
  if (read === undefined || found === undefined) return {};
  const capi = world.watched.capiClusters.get(key);
  if (capi?.spec.paused === true) return await tellPaused(world, found, capi, signal);
  const isOurs = capi?.spec.infrastructureRef?.kind === 'SkerryCluster';
  if (found.metadata.deletionTimestamp !== undefined)
    return isWanted(capi) ? await hold(world, found, capi, signal) : await remove(world, found, signal);
  if (capi !== undefined && !isOurs) await ownByCluster(world, read, found, capi, signal);
  const outcome: Provisioned = isOurs
    ? await provision(world, found, capi, signal)
    : { cluster: found, ready: undefined };
  const agent = await agentCondition(world, outcome.cluster, capi, signal);
  const isEks = capi?.spec.infrastructureRef?.kind === EKS_KIND;
  const { eks, said = [] } = isEks ? await followEks(world, found, capi, signal) : {};
  await tell(world, outcome.cluster, capi, [outcome.ready, outcome.preflight, agent, ...said], signal, eks);
  await keepBudgets(world, outcome.cluster, signal);
  await tidyTemplates(world, outcome.cluster, signal);
  if (agent?.reason.startsWith('CLUSTER_') === true) return { againMs: AGENT_MS };
  const isBusy = eks !== undefined && (eks.controlPlane.ready === 0 || eks.trouble !== undefined);
  if (outcome.preflight?.status === 'False') return { againMs: PREFLIGHT_MS };
  return { againMs: isBusy ? EKS_CHECK_MS : CHECK_MS };
}

/** Another gateway may have it meanwhile: it is looked at, and no more. */
async function tellPaused(
  world: InfraWorld,
  cluster: StoredInfraCluster,
  capi: CapiCluster,
  signal: AbortSignal,
): Promise<Again> {
  await tell(world, cluster, capi, [], signal);
  return { againMs: CHECK_MS };
}

export type Said = Omit<Condition, 'lastTransitionTime'>;

interface Provisioned {
  readonly cluster: StoredInfraCluster;
  readonly ready: Said | undefined;
  readonly preflight?: Said | undefined;
}

/** The account, what is needed in it, and the endpoint: with all of them, machines can be made. */
async function provision(
  world: InfraWorld,
  found: StoredInfraCluster,
  capi: CapiCluster,
  signal: AbortSignal,
): Promise<Provisioned> {
  try {
    const key = accountKeyOf(found);
    const account = world.watched.accounts.get(key);
    if (account === undefined)
      return { cluster: found, ready: notReady('ACCOUNT_INVALID', `no SkerryAccount ${key}`) };
    // Opened and no more: an account that is refused for a while keeps what was provisioned.
    const provider = await world.accounts.provider(account, signal);
    const preflight = isNew(world, found, capi) ? await check(world, capi, provider, signal) : undefined;
    if (preflight?.status === 'False')
      return { cluster: found, ready: notReady('PreflightFailed', ''), preflight };
    const look = async () => void (await world.inClouds.of(key, provider, signal));
    const cluster = await withEndpoint(world, found, capi, look, signal);
    return {
      cluster,
      ready: { type: 'Ready', status: 'True', reason: 'Provisioned', message: '' },
      preflight,
    };
  } catch (error) {
    if (signal.aborted || !isSkerryError(error) || error.code.startsWith('CLUSTER_')) throw error;
    return { cluster: found, ready: notReady(error.code, textOf(error)) };
  }
}

// One whose objects were restored is not new: its machines are there already.
function isNew(world: InfraWorld, found: StoredInfraCluster, { status }: CapiCluster): boolean {
  const isProvisioned =
    found.status.initialization?.provisioned === true ||
    status.initialization?.infrastructureProvisioned === true;
  return !isProvisioned && machinesOf(world, found).length === 0;
}

async function check(
  { watched }: InfraWorld,
  capi: CapiCluster,
  provider: CloudProvider,
  signal: AbortSignal,
): Promise<Said> {
  const shapes = wantedShapes(watched, capi);
  if (shapes === undefined)
    return preflightMissing('WaitingForTemplates', 'what says which machines are wanted is not all here');
  return await preflightSaid(async () => await provider.preflight(shapes, signal), signal);
}

function notReady(reason: string, message: string): Said {
  return { type: 'Ready', status: 'False', reason, message };
}

async function withEndpoint(
  world: InfraWorld,
  cluster: StoredInfraCluster,
  capi: CapiCluster,
  lookAtCloud: () => Promise<void>,
  signal: AbortSignal,
): Promise<StoredInfraCluster> {
  const { metadata, spec } = cluster;
  const { endpointPool, controlPlaneEndpoint: given } = spec;
  const needsAddress = given === undefined && endpointPool !== undefined;
  const hasFinalizer = metadata.finalizers.includes(CLUSTER_FINALIZER);
  if (!needsAddress && hasFinalizer) return cluster;
  const finalizers = [...new Set([...metadata.finalizers, CLUSTER_FINALIZER])];
  const reference = referenceTo(cluster);
  // The finalizer first: an address must not be held by what has gone.
  if (!hasFinalizer)
    await world.client.patch(reference, { metadata: { uid: metadata.uid, finalizers } }, { signal });
  if (!needsAddress) return cluster;
  await lookAtCloud();
  const holder = holderOf(cluster);
  const taking = { pool: endpointPool, holder, owner: metadata, used: () => usedByOthers(world, holder) };
  const { address } = await takeAddress(world, taking, signal);
  const port = capi.spec.clusterNetwork?.apiServerPort ?? DEFAULT_PORT;
  const controlPlaneEndpoint = { host: address, port };
  await world.client.patch(
    reference,
    { metadata: { uid: metadata.uid }, spec: { controlPlaneEndpoint } },
    { signal },
  );
  return { ...cluster, spec: { ...spec, controlPlaneEndpoint } };
}

// Cluster API asks for it with its Cluster, once all else has gone. Alone it is only asked for by mistake.
function isWanted(capi: CapiCluster | undefined): capi is CapiCluster {
  return capi !== undefined && capi.metadata.deletionTimestamp === undefined;
}

/** Keeps the endpoint's address while the Cluster is there: another one must not get it. */
async function hold(
  world: InfraWorld,
  cluster: StoredInfraCluster,
  capi: CapiCluster,
  signal: AbortSignal,
): Promise<Again> {
  const why = notReady('ClusterStays', `Cluster ${capi.metadata.name} is not deleted; delete that`);
  await tell(world, cluster, capi, [why], signal);
  return { againMs: CHECK_MS };
}

async function remove(world: InfraWorld, cluster: StoredInfraCluster, signal: AbortSignal): Promise<Again> {
  const { metadata } = cluster;
  if (!metadata.finalizers.includes(CLUSTER_FINALIZER)) return {};
  // They are deleted by it, and need its account until they are gone.
  if (machinesOf(world, cluster).length > 0) return { againMs: 5000 };
  await releaseAddresses(world, holderOf(cluster), signal);
  const finalizers = metadata.finalizers.filter((name) => name !== CLUSTER_FINALIZER);
  const reference = referenceTo(cluster);
  await world.client.patch(reference, { metadata: { uid: metadata.uid, finalizers } }, { signal });
  return {};
}

function holderOf({ metadata }: StoredInfraCluster): string {
  return `endpoint-${metadata.uid}`;
}

async function agentCondition(
  world: InfraWorld,
  cluster: StoredInfraCluster,
  capi: CapiCluster | undefined,
  signal: AbortSignal,
): Promise<Said | undefined> {
  const before = conditionOf(cluster.status.conditions, 'AgentInstalled');
  if (before?.status === 'True') return before;
  if (capi?.status.initialization?.controlPlaneInitialized !== true) return before;
  try {
    await installAgent(world, cluster, signal);
    return { type: 'AgentInstalled', status: 'True', reason: 'Installed', message: '' };
  } catch (error) {
    if (signal.aborted || !isSkerryError(error)) throw error;
    return { type: 'AgentInstalled', status: 'False', reason: error.code, message: textOf(error) };
  }
}

async function tell(
  world: InfraWorld,
  cluster: StoredInfraCluster,
  capi: CapiCluster | undefined,
  said: readonly (Said | undefined)[],
  signal: AbortSignal,
  eks?: EksCluster,
): Promise<void> {
  const change = (object: unknown) => {
    const { status } = Schema.parse(object);
    let conditions = status.conditions ?? [];
    for (const one of said) if (one !== undefined) conditions = withCondition(conditions, one, world.now());
    const isProvisioned = said.some((one) => one?.type === 'Ready' && one.status === 'True');
    const initialization = isProvisioned ? { provisioned: true } : status.initialization;
    const current = { ...cluster, status: { ...status, initialization, conditions } };
    return {
      conditions,
      initialization,
      summary: summaryOf({ ...partsOf(world, current, capi), eks }, world.now()),
    };
  };
  await updateStatus(world.client, referenceTo(cluster), change, signal);
}

/** Conditions that the hub hears of. */
const TOLD: ReadonlySet<string> = new Set(['AgentInstalled', 'Ready', 'Preflight']);

function partsOf(
  world: InfraWorld,
  cluster: StoredInfraCluster,
  capi: CapiCluster | undefined,
): ClusterParts {
  const { namespace, name } = cluster.metadata;
  const isOf = (one: { metadata: { namespace: string; labels: Record<string, string> } }) =>
    one.metadata.namespace === namespace && one.metadata.labels[CAPI.clusterLabel] === name;
  const { capiMachines, controlPlanes, deployments, machinePools } = world.watched;
  return {
    cluster,
    capi,
    machines: [...capiMachines.values()].filter(isOf),
    infra: new Map(machinesOf(world, cluster).map((machine) => [machine.metadata.name, machine])),
    controlPlane: controlPlanes.get(`${namespace}/${name}`),
    deployments: [...deployments.values(), ...machinePools.values()].filter(
      ({ metadata, spec }) => metadata.namespace === namespace && spec.clusterName === name,
    ),
    conditions: (cluster.status.conditions ?? []).filter(({ type }) => TOLD.has(type)),
  };
}

function machinesOf(world: InfraWorld, { metadata }: StoredInfraCluster) {
  return [...world.watched.machines.values()].filter(
    (machine) =>
      machine.metadata.namespace === metadata.namespace &&
      machine.metadata.labels[CAPI.clusterLabel] === metadata.name,
  );
}

function textOf({ subject, detail }: SkerryError): string {
  return detail === undefined ? subject : `${subject}: ${detail}`;
}

function referenceTo({ metadata: { name, namespace } }: StoredInfraCluster) {
  return { apiVersion: INFRA_API_VERSION, kind: 'SkerryCluster', metadata: { name, namespace } };
}

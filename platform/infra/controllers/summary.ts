import type { Condition } from '../../api/cluster-status.ts';
import type { InfrastructureState, MachineState } from '../../api/infrastructure.ts';
import { conditionOf } from '../../hub/controller/conditions.ts';
import { consoleText } from './console-text.ts';
import type { EksCluster } from './eks-cluster.ts';
import { machineId } from './machine-id.ts';
import { CAPI, POOL_LABEL } from './names.ts';
import type {
  CapiCluster,
  CapiMachine,
  CapiReplicas,
  StoredInfraCluster,
  StoredInfraMachine,
} from './stored.ts';

const MAX_MACHINES = 50;
const MAX_REPLACED = 20;
/** A hub that was away over a weekend, or longer, hears of them all the same. */
const KEPT_MS = 7 * 86_400_000;
/** A machine that has run for so long and is no node yet is said to have not joined. */
export const JOIN_MS = 600_000;
const MAX_CONSOLES = 3;
const CONSOLE_LENGTH = 1500;

export interface ClusterParts {
  readonly cluster: StoredInfraCluster;
  readonly capi: CapiCluster | undefined;
  readonly machines: readonly CapiMachine[];
  /** SkerryMachines by name. */
  readonly infra: ReadonlyMap<string, StoredInfraMachine>;
  readonly controlPlane: CapiReplicas | undefined;
  readonly deployments: readonly CapiReplicas[];
  /** Of a cluster of EKS, whose control plane is no object of Cluster API's. */
  readonly eks?: EksCluster | undefined;
  /** Of controllers besides Cluster API's: AgentInstalled. */
  readonly conditions: readonly Condition[];
}

/** The state of a cluster that the hub gets: made from Cluster API's objects and what its cloud last showed. */
export function summaryOf(parts: ClusterParts, now: Date): InfrastructureState {
  const { cluster, capi, controlPlane, deployments } = parts;
  const states = parts.machines.map((machine) => machineState(machine, parts, now)).sort(byNeed);
  const machines = withFewConsoles(states);
  const pools = deployments.map((deployment) => poolState(deployment, machines, parts.eks));
  const control = parts.eks?.controlPlane ?? countsOf(controlPlane);
  const kubernetes = parts.eks?.kubernetes ?? controlPlane?.status.version;
  const endpoint = cluster.spec.controlPlaneEndpoint ?? capi?.spec.controlPlaneEndpoint;
  const replaced = replacedOf(parts, machines, now);
  return {
    phase: phaseOf(parts, [control, ...pools]),
    ...(endpoint?.host === undefined ? {} : { endpoint: addressOf(endpoint.host, endpoint.port) }),
    ...(kubernetes === undefined ? {} : { kubernetes }),
    controlPlane: control,
    pools: pools.slice(0, 16),
    machines: machines.slice(0, MAX_MACHINES),
    ...(replaced.length === 0 ? {} : { replaced }),
    conditions: [...parts.conditions],
  };
}

interface Counts {
  readonly ready: number;
  readonly wanted: number;
}

function phaseOf(
  { cluster, capi, controlPlane, deployments, machines }: ClusterParts,
  counts: readonly Counts[],
): InfrastructureState['phase'] {
  if (cluster.metadata.deletionTimestamp !== undefined || capi?.metadata.deletionTimestamp !== undefined)
    return 'Deleting';
  if (capi?.status.initialization?.infrastructureProvisioned !== true) return 'Waiting';
  if (capi.status.initialization?.controlPlaneInitialized !== true) return 'Provisioning';
  const outOfDate = [controlPlane, ...deployments].some(
    (one) => one !== undefined && (one.status.upToDateReplicas ?? 0) < (one.status.replicas ?? 0),
  );
  if (outOfDate) return 'Upgrading';
  const total = counts.reduce((sum, { wanted }) => sum + wanted, 0);
  const isWhole = counts.every(({ ready, wanted }) => ready === wanted) && machines.length <= total;
  return isWhole ? 'Provisioned' : 'Scaling';
}

function countsOf(replicas: CapiReplicas | undefined): Counts {
  return { ready: replicas?.status.readyReplicas ?? 0, wanted: replicas?.spec.replicas ?? 0 };
}

// What holds up one machine of a pool holds up the pool: "3 of 5, quota".
function poolState(deployment: CapiReplicas, machines: readonly MachineState[], eks: EksCluster | undefined) {
  const name = poolNameOf(deployment);
  const held =
    eks?.poolTroubles.get(deployment.metadata.name) ??
    machines.find((machine) => machine.pool === name && machine.code !== undefined);
  return {
    name,
    ...countsOf(deployment),
    ...(held?.code === undefined ? {} : { code: held.code }),
    ...(held?.detail === undefined ? {} : { detail: held.detail }),
  };
}

function poolNameOf({ metadata }: CapiReplicas): string {
  return (metadata.labels[POOL_LABEL] ?? metadata.name).slice(0, 63);
}

/** Of a machine that does not do well the console as well, as long as it is kept. */
function machineState(machine: CapiMachine, parts: ClusterParts, now: Date): MachineState {
  const infra = parts.infra.get(machine.spec.infrastructureRef?.name ?? machine.metadata.name);
  const ready = conditionOf(infra?.status.conditions, 'Ready');
  const node = conditionOf(machine.status.conditions, 'NodeReady');
  const phase = machinePhase(machine, infra, { ready, node, now });
  const since = (node ?? ready)?.lastTransitionTime || machine.metadata.creationTimestamp;
  const cause = causeOf(phase, ready, machine, now);
  const { console } = infra?.status ?? {};
  const address = machine.status.addresses?.find(({ type }) => type === 'InternalIP')?.address;
  return {
    name: machine.metadata.name,
    pool: poolOf(machine, parts),
    phase,
    since,
    ...(infra === undefined ? {} : { id: machineId(infra) }),
    ...(address === undefined ? {} : { address }),
    ...(machine.spec.version === undefined ? {} : { kubernetes: machine.spec.version }),
    ...cause,
    ...(cause.code === undefined || console === undefined ? {} : { console }),
  };
}

// Of machines that did not join most fail for the same: some are enough.
function withFewConsoles(states: readonly MachineState[]): MachineState[] {
  let count = 0;
  return states.map(({ console, ...state }) => {
    if (console === undefined || count++ >= MAX_CONSOLES) return state;
    return { ...state, console: { at: console.at, text: consoleText(console.text, CONSOLE_LENGTH) } };
  });
}

interface Seen {
  /** Of the machine in its cloud. */
  readonly ready: Condition | undefined;
  /** Of its node. */
  readonly node: Condition | undefined;
  readonly now: Date;
}

function isNew(ready: Condition | undefined, now: Date): boolean {
  return ready?.status === 'True' && now.getTime() - Date.parse(ready.lastTransitionTime) <= JOIN_MS;
}

function machinePhase(
  machine: CapiMachine,
  infra: StoredInfraMachine | undefined,
  { ready, node, now }: Seen,
): MachineState['phase'] {
  if (machine.metadata.deletionTimestamp !== undefined) return 'deleting';
  if (ready?.reason === 'MACHINE_VANISHED') return 'vanished';
  if (ready?.reason === 'MACHINE_FAILED') return 'failed';
  // The cloud shows it at once; of its node it is known only when kubelet has been silent for a while.
  if (ready?.reason === 'MACHINE_OFF') return 'unhealthy';
  if (conditionOf(machine.status.conditions, 'HealthCheckSucceeded')?.status === 'False') return 'unhealthy';
  if (machine.status.nodeRef !== undefined) {
    if (node?.status === 'True') return 'ready';
    // A new node is not ready yet, as its network comes up; one that is silent is Unknown.
    return isNew(ready, now) && node?.status !== 'Unknown' ? 'joining' : 'unhealthy';
  }
  if (infra?.status.initialization?.provisioned === true) return 'joining';
  if (ready?.reason === 'Starting' || ready?.reason === 'WaitingForAddress') return 'starting';
  // The cloud is at it: as bare metal is for the minutes of a deploy.
  if (ready?.reason === 'WaitingForCloud') return 'creating';
  return ready === undefined || ready.reason.startsWith('Waiting') ? 'waiting' : 'creating';
}

// Reasons of ours that are codes of the table are told; those that only say what is waited for are no fault.
function causeOf(
  phase: MachineState['phase'],
  ready: Condition | undefined,
  machine: CapiMachine,
  now: Date,
): { code?: string; detail?: string } {
  if (ready !== undefined && ready.status !== 'True' && /^[A-Z_]+$/.test(ready.reason))
    return { code: ready.reason, detail: ready.message.slice(0, 500) };
  const unhealthy = conditionOf(machine.status.conditions, 'HealthCheckSucceeded');
  if (unhealthy?.status === 'False')
    return { code: 'MACHINE_UNHEALTHY', detail: unhealthy.message.slice(0, 500) };
  const ageMs = now.getTime() - Date.parse(ready?.lastTransitionTime ?? machine.metadata.creationTimestamp);
  if (phase === 'joining' && ageMs > JOIN_MS)
    return { code: 'MACHINE_NOT_JOINED', detail: `it runs for ${Math.round(ageMs / 60_000)} min` };
  return {};
}

function poolOf({ metadata }: CapiMachine, { deployments }: ClusterParts): string {
  if (metadata.labels[CAPI.controlPlaneLabel] !== undefined) return 'control-plane';
  const owner = deployments.find((one) => one.metadata.name === metadata.labels[CAPI.deploymentLabel]);
  return owner === undefined ? (metadata.labels[CAPI.deploymentLabel] ?? '').slice(0, 63) : poolNameOf(owner);
}

/** Those that a health check had replaced: kept from before, and those that are on their way. */
function replacedOf({ cluster, machines }: ClusterParts, states: readonly MachineState[], now: Date) {
  const known = (cluster.status.summary?.replaced ?? []).filter(
    ({ at }) => now.getTime() - Date.parse(at) < KEPT_MS,
  );
  const names = new Set(known.map(({ machine }) => machine));
  const added = machines
    .filter(
      (machine) =>
        machine.metadata.deletionTimestamp !== undefined &&
        !names.has(machine.metadata.name) &&
        wasUnhealthy(machine),
    )
    .map(({ metadata, status }) => {
      const state = states.find(({ name }) => name === metadata.name);
      const said = conditionOf(status.conditions, 'HealthCheckSucceeded')?.message ?? '';
      const at = now.toISOString().replace(/\.\d+Z$/, 'Z');
      return {
        machine: metadata.name,
        at,
        code: state?.code ?? 'MACHINE_UNHEALTHY',
        detail: said.slice(0, 500),
      };
    });
  return [...known, ...added].slice(-MAX_REPLACED);
}

// Its node goes with a machine that is deleted for another reason, as in a rollout: that makes it unhealthy only then.
function wasUnhealthy({ metadata: { deletionTimestamp = '' }, status }: CapiMachine): boolean {
  const check = conditionOf(status.conditions, 'HealthCheckSucceeded');
  return check?.status === 'False' && !(Date.parse(check.lastTransitionTime) > Date.parse(deletionTimestamp));
}

const NEED = [
  'failed',
  'vanished',
  'unhealthy',
  'creating',
  'starting',
  'joining',
  'waiting',
  'deleting',
  'ready',
];

function byNeed(a: MachineState, b: MachineState): number {
  return NEED.indexOf(a.phase) - NEED.indexOf(b.phase) || a.name.localeCompare(b.name);
}

function addressOf(host: string, port = 6443): string {
  // AWS's provider gives an address whole in the place of the host, and 443 whatever stands in it.
  if (host.startsWith('https://')) return host;
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

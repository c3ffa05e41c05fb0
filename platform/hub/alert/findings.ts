import type { Severity } from '../../api/alert.ts';
import type { Condition, DriftItem, LayerState } from '../../api/cluster-status.ts';
import { DEFAULT_TERMS } from '../tls/certificate-terms.ts';
import type { Finding } from './finding.ts';
import type { AccountState, ClusterState, FleetState, RolloutState } from './fleet-state.ts';

const DAY_MS = 86_400_000;
/** An agent's certificate should have been renewed when less than this share of its lifetime is left. */
const LATE_LEFT = 0.2;
const CRITICAL_LEFT = 0.02;
/** A node may be away so long as a restart takes. */
const NODE_GRACE_MS = 120_000;

/**
 * What is wrong with a fleet, from what is known of it and nothing else. Of a silent cluster only the silence is reported:
 * the rest is what it was like, and stays as it was found.
 */
export function findingsOf(
  { clusters, rollouts, accounts = [] }: FleetState,
  now: Date,
  agentDays = DEFAULT_TERMS.agentDays,
): Finding[] {
  return [
    ...clusters.flatMap((cluster) => ofCluster(cluster, now, agentDays)),
    ...rollouts.flatMap(ofRollout),
    ...accounts.flatMap(ofAccount),
  ];
}

/** Whether what was found before still counts, since nothing newer is known. */
export function isSilent({ status }: Pick<ClusterState, 'status'>): boolean {
  return status.phase === 'Unknown';
}

type Found = Omit<Finding, 'project' | 'cluster'>;

function ofCluster(cluster: ClusterState, now: Date, agentDays: number): Finding[] {
  const { project, name, status } = cluster;
  const own = isSilent(cluster) ? [silence(cluster)] : ofReport(cluster, now);
  const found = [
    ...own,
    ...certificate(cluster, now, agentDays),
    ...ofMachines(status, now),
    ...(status.conditions ?? []).flatMap(ofCondition),
  ];
  return found.map((finding) => ({ ...finding, project, cluster: name }));
}

// Files come when somebody brings them: that none came for a while is worth a look and no alarm.
function silence({ status: { agent } }: ClusterState): Found {
  const message =
    agent === undefined ? 'its agent has never been seen' : `its agent was last seen at ${agent.seen}`;
  return {
    rule: 'AgentSilent',
    subject: 'agent',
    severity: agent?.transport === 'file' ? 'info' : 'critical',
    message,
  };
}

function ofReport({ status, spec }: ClusterState, now: Date): Found[] {
  const { layers = [], drift, nodes } = status;
  return [
    ...layers.flatMap(ofLayer),
    ...(drift?.top ?? []).flatMap((item) => ofDrift(item, spec)),
    ...ofNodes(nodes, status.conditions ?? [], now),
  ];
}

function ofLayer({ name, state, code, message, version }: LayerState): Found[] {
  if (state !== 'failed' && state !== 'degraded') return [];
  const rule = state === 'failed' ? 'LayerFailed' : 'LayerDegraded';
  const severity = state === 'failed' ? 'critical' : 'warning';
  const detail = [code, message].filter(Boolean).join(': ');
  const text = `layer ${name} ${version} is ${state}${detail === '' ? '' : `: ${detail}`}`;
  return [{ rule, subject: `layer ${name}`, severity, message: text }];
}

// What was put back is over, and in the audit. What is only observed is in the status, by the policy's own word.
function ofDrift({ layer, object, what, fields, by, state }: DriftItem, spec: ClusterState['spec']): Found[] {
  if (state === 'corrected') return [];
  const subject = `${layer}: ${object}`.slice(0, 400);
  const who = by === undefined ? '' : ` by ${by}`;
  const where = fields.length === 0 ? '' : ` (${fields.join(', ')})`;
  const told = `${object} of layer ${layer} was ${what}${who}${where}`;
  if (state === 'contested') {
    const message = `${told}, again and again: two writers fight over it`;
    return [{ rule: 'DriftContested', subject, severity: 'critical', message }];
  }
  const observed = state === 'found' && spec.policy?.drift?.mode === 'observe';
  if (observed) return [];
  const message = state === 'failed' ? `${told}, and could not be put back` : told;
  return [{ rule: 'DriftFound', subject, severity: state === 'failed' ? 'critical' : 'warning', message }];
}

function ofNodes(
  nodes: { ready: number; total: number } | undefined,
  conditions: readonly Condition[],
  now: Date,
): Found[] {
  if (nodes === undefined || nodes.ready >= nodes.total) return [];
  const condition = conditions.find(({ type }) => type === 'NodesReady');
  const since = condition === undefined ? Number.NaN : Date.parse(condition.lastTransitionTime);
  if (now.getTime() - since < NODE_GRACE_MS) return [];
  const counted = `${nodes.total - nodes.ready} of ${nodes.total} nodes are not ready`;
  const detail = condition?.status === 'False' ? `: ${condition.message}` : '';
  const severity = nodes.ready === 0 ? 'critical' : 'warning';
  return [{ rule: 'NodeLost', subject: 'nodes', severity, message: `${counted}${detail}` }];
}

function certificate({ status: { agent } }: ClusterState, now: Date, agentDays: number): Found[] {
  const until = Date.parse(agent?.certificateUntil ?? '');
  const left = until - now.getTime();
  if (Number.isNaN(until) || left > LATE_LEFT * agentDays * DAY_MS) return [];
  const message = `the agent's certificate ${left > 0 ? 'ends' : 'ended'} at ${agent?.certificateUntil}`;
  const severity = left > CRITICAL_LEFT * agentDays * DAY_MS ? 'warning' : 'critical';
  return [{ rule: 'CertificateEnding', subject: 'agent certificate', severity, message }];
}

// Told by the gateway, and so also of a cluster whose own agent is silent, or not there yet.
function ofMachines({ infrastructure }: ClusterState['status'], now: Date): Found[] {
  if (infrastructure === undefined) return [];
  const { phase, machines, replaced = [] } = infrastructure;
  const broken = machines.flatMap(({ name, phase: state, code, detail }): Found[] => {
    const known = MACHINE_RULES[state];
    if (known === undefined) return [];
    const why = [code, detail].filter(Boolean).join(': ');
    const message = `machine ${name} is ${state}${why === '' ? '' : `: ${why}`}`;
    return [{ rule: known, subject: `machine ${name}`, severity: 'warning', message }];
  });
  // What is older is in the audit, and in the status of the cluster.
  const lately = replaced.filter(({ at }) => now.getTime() - Date.parse(at) < DAY_MS);
  const told = lately.map(({ machine, at, code, detail }): Found => {
    const message = `machine ${machine} was replaced at ${at}: ${code}: ${detail}`;
    return { rule: 'MachineReplaced', subject: `machine ${machine}`, severity: 'info', message };
  });
  if (phase !== 'Failed') return [...broken, ...told];
  const message = 'its machines cannot be made as they are asked for';
  return [
    { rule: 'ProvisioningFailed', subject: 'machines', severity: 'critical', message },
    ...broken,
    ...told,
  ];
}

const MACHINE_RULES: Readonly<Record<string, string>> = {
  unhealthy: 'MachineUnhealthy',
  vanished: 'MachineVanished',
  failed: 'MachineFailed',
};

function ofAccount({ project, name, status }: AccountState): Finding[] {
  const { verified, lastError } = status;
  if (verified !== false || lastError === undefined) return [];
  const message = `the cloud does not take account ${name}: ${lastError.code}: ${lastError.detail}`;
  return [{ project, rule: 'AccountRefused', subject: `account ${name}`, severity: 'critical', message }];
}

interface ConditionRule {
  readonly rule: string;
  readonly severity: Severity;
  /** What the condition says when something is wrong. */
  readonly when: Condition['status'];
}

/** Conditions of a Cluster that somebody should look at. */
const CONDITION_RULES: Readonly<Record<string, ConditionRule>> = {
  Compiled: { rule: 'CompileFailed', severity: 'critical', when: 'False' },
  EnvelopeAccepted: { rule: 'EnvelopeRefused', severity: 'critical', when: 'False' },
  ProvisionAccepted: { rule: 'ProvisionRefused', severity: 'warning', when: 'False' },
  MachinesGone: { rule: 'DeletionWaits', severity: 'warning', when: 'Unknown' },
  HubBehind: { rule: 'HubBehind', severity: 'critical', when: 'True' },
  AgentInstalled: { rule: 'AgentNotInstalled', severity: 'warning', when: 'False' },
  AgentUnderstood: { rule: 'AgentNotUnderstood', severity: 'critical', when: 'False' },
  AgentCurrent: { rule: 'AgentUpgradeFailed', severity: 'warning', when: 'False' },
  AgentUnique: { rule: 'AgentDuplicated', severity: 'critical', when: 'False' },
  CertificatesValid: { rule: 'CertificateEnding', severity: 'warning', when: 'False' },
};

function ofCondition({ type, status, reason, message }: Condition): Found[] {
  const known = CONDITION_RULES[type];
  if (known === undefined || known.when !== status) return [];
  const { rule, severity } = known;
  return [{ rule, severity, subject: `condition ${type}`, message: `${reason}: ${message}` }];
}

function ofRollout({ project, name, status }: RolloutState): Finding[] {
  if (status.phase !== 'Stopped') return [];
  const detail = status.message === undefined ? '' : `: ${status.message}`;
  const message = `the rollout stopped, ${status.failed} failed${detail}`;
  return [{ project, rule: 'RolloutStopped', subject: `rollout ${name}`, severity: 'critical', message }];
}

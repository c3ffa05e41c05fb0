import type { ClusterSpec, ClusterStatus } from '../../api/cluster.ts';
import type { Condition } from '../../api/cluster-status.ts';
import type { Report } from '../../desired/report.ts';
import { conditionOf, withCondition } from '../controller/conditions.ts';
import type { StoredCluster } from '../watched/stored.ts';

/** What there is of a status. */
type WrittenStatus = StoredCluster['status'];

export type Transport = 'network' | 'file';

export type ReportMark = NonNullable<ClusterStatus['report']>;

export interface Observed {
  readonly spec: ClusterSpec;
  /** As it is written down. */
  readonly status: WrittenStatus;
  /** The latest of this run of the hub. */
  readonly report: Report | undefined;
  /** What the report is known by. */
  readonly mark?: ReportMark | undefined;
  readonly transport: Transport;
  /** As the agent said when it connected; a report says more. */
  readonly agentVersion?: string | undefined;
  readonly certificateUntil?: Date | undefined;
  /** The code that says why the agent is not understood; empty when it is, absent where another hub knows. */
  readonly problem?: string | undefined;
  /** When the agent was last heard of. */
  readonly seen: Date | undefined;
  /** Nothing was heard for long: it is Unknown, whatever its agent said last. */
  readonly isSilent: boolean;
  /** Whether two agents speak for it; undefined where another hub knows. */
  readonly isDuplicated?: boolean | undefined;
  readonly now: Date;
}

/** The fields of a cluster's status that follow from what its agent says, and from its silence. */
export function clusterStatus(observed: Observed): WrittenStatus {
  const { report, now } = observed;
  const phase = phaseOf(observed);
  const healthy = healthyCondition(observed, phase);
  const complete = completeCondition(observed);
  const withHealthy = withCondition(observed.status.conditions, healthy, now);
  const told = report === undefined ? [] : [nodesCondition(report), acceptedCondition(report)];
  const unique = uniqueCondition(observed);
  const others = [complete, unique, understoodCondition(observed), versionCondition(observed)].filter(
    (condition) => condition !== undefined,
  );
  const conditions = [...others, ...told].reduce(
    (before, condition) => withCondition(before, condition, now),
    withHealthy,
  );
  const agent = agentOf(observed);
  return {
    phase,
    conditions,
    ...(agent === undefined ? {} : { agent }),
    ...(report === undefined ? {} : reportedFields(report)),
    ...(observed.mark === undefined ? {} : { report: observed.mark }),
  };
}

function phaseOf(observed: Observed): ClusterStatus['phase'] {
  const { spec, status, report, seen, isSilent } = observed;
  if (spec.agent?.key === undefined || status.id === undefined) return unenrolledPhase(observed);
  if (seen === undefined) return 'Enrolling';
  if (isSilent) return 'Unknown';
  if (report === undefined) return unreportedPhase(observed);
  if (spec.paused === true || report.envelope.state === 'paused') return 'Paused';
  return reportedPhase(report, status);
}

// Of a cluster that is made its gateway says more, until its agent is there.
function unenrolledPhase({ spec, status: { request, infrastructure } }: Observed): ClusterStatus['phase'] {
  if (request !== undefined) return 'Enrolling';
  if (spec.provision === undefined || infrastructure === undefined) return 'Pending';
  return infrastructure.phase === 'Failed' ? 'Failed' : 'Provisioning';
}

// A hub that has just started, or that the agent doesn't talk to, has only what is written down.
function unreportedPhase({ status }: Observed): ClusterStatus['phase'] {
  const { phase = 'Unknown', desired, applied } = status;
  if (phase === 'Ready' && desired?.number !== applied?.number) return 'Applying';
  return phase;
}

/** The phase of a cluster that is heard of, by what its agent says. */
export function reportedPhase(report: Report, { desired }: WrittenStatus): ClusterStatus['phase'] {
  const { envelope, layers } = report;
  if (desired === undefined) return 'Pending';
  const isCurrent = envelope.number === desired.number && envelope.digest === desired.digest;
  if (!isCurrent) return 'Applying';
  if (envelope.state === 'failed' || layers.some(({ state }) => state === 'failed')) return 'Failed';
  if (envelope.state !== 'complete') return 'Applying';
  return problemsOf(report).length === 0 ? 'Ready' : 'Degraded';
}

const SILENT = 'AgentSilent';

/** What keeps a complete cluster from being ready. */
function problemsOf({ layers, nodes, drift }: Report): string[] {
  const problems = layers
    .filter(({ state }) => state !== 'ready' && state !== 'removed')
    .map(({ name, state, code }) => `layer ${name} is ${state}${code === undefined ? '' : ` (${code})`}`);
  for (const { name, reason } of nodes.lost) problems.push(`node ${name} is lost (${reason})`);
  if (nodes.lost.length === 0 && nodes.ready < nodes.total)
    problems.push(`${nodes.ready} of ${nodes.total} nodes are ready`);
  for (const { object, state } of drift.items)
    if (state === 'contested' || state === 'failed') problems.push(`drift of ${object} is ${state}`);
  return problems;
}

function healthyCondition(
  { report, seen, status: written }: Observed,
  phase: ClusterStatus['phase'],
): Omit<Condition, 'lastTransitionTime'> {
  const type = 'Healthy';
  if (phase === 'Unknown') {
    const since = seen?.toISOString() ?? 'the start';
    return { type, status: 'Unknown', reason: SILENT, message: `nothing was heard since ${since}` };
  }
  if (report === undefined) {
    const before = conditionOf(written.conditions, type);
    if (before !== undefined && before.reason !== SILENT) return before;
    return { type, status: 'Unknown', reason: 'NoReport', message: '' };
  }
  const problems = problemsOf(report);
  const message = problems.join('; ');
  if (phase === 'Ready') return { type, status: 'True', reason: 'Ready', message };
  const isBad = phase === 'Failed' || phase === 'Degraded';
  return { type, status: isBad ? 'False' : 'Unknown', reason: phase, message };
}

/** Whether the cluster is as it should be, with the time that it took; undefined where nothing new is known. */
function completeCondition({ report, status }: Observed): Omit<Condition, 'lastTransitionTime'> | undefined {
  if (report === undefined || status.desired === undefined) return undefined;
  const { envelope } = report;
  const isComplete = envelope.state === 'complete' && envelope.digest === status.desired.digest;
  const type = 'Complete';
  if (isComplete)
    return { type, status: 'True', reason: 'EnvelopeComplete', message: completeMessage(report) };
  const message = `envelope ${status.desired.number} is not complete`;
  return { type, status: 'False', reason: 'EnvelopeIncomplete', message };
}

/** Whether one agent alone speaks for the cluster; told once there was a doubt. */
function uniqueCondition({
  isDuplicated,
  status,
}: Observed): Omit<Condition, 'lastTransitionTime'> | undefined {
  const type = 'AgentUnique';
  if (isDuplicated === true) {
    const message = 'AGENT_DUPLICATED: two agents with the same key connect in turns';
    return { type, status: 'False', reason: 'AgentDuplicated', message };
  }
  const isDoubted = isDuplicated === false && conditionOf(status.conditions, type) !== undefined;
  return isDoubted ? { type, status: 'True', reason: 'OneAgent', message: '' } : undefined;
}

/** Whether hub and agent speak a common protocol; said once they did not. */
function understoodCondition({
  problem,
  agentVersion = '',
  status,
}: Observed): Omit<Condition, 'lastTransitionTime'> | undefined {
  const type = 'AgentUnderstood';
  if (problem === undefined) return undefined;
  if (problem !== '') return { type, status: 'False', reason: problem, message: `agent ${agentVersion}` };
  const isNoted = conditionOf(status.conditions, type) !== undefined;
  return isNoted ? { type, status: 'True', reason: 'Understood', message: '' } : undefined;
}

/** Whether the agent is of the version that was asked for; said where one was. */
function versionCondition(observed: Observed): Omit<Condition, 'lastTransitionTime'> | undefined {
  const { spec, status, report } = observed;
  const type = 'AgentCurrent';
  const wanted = spec.agent?.version;
  if (report === undefined) return undefined;
  if (wanted === undefined) {
    const isNoted = conditionOf(status.conditions, type) !== undefined;
    return isNoted ? { type, status: 'True', reason: 'NoVersionWanted', message: '' } : undefined;
  }
  const version = agentOf(observed)?.version ?? '';
  if (version === wanted) return { type, status: 'True', reason: 'VersionRuns', message: version };
  const { upgrade } = report;
  if (upgrade?.version !== wanted)
    return { type, status: 'Unknown', reason: 'Upgrading', message: `from ${version} to ${wanted}` };
  const message = `from ${version} to ${wanted}: ${upgrade.detail}`;
  return { type, status: 'False', reason: upgrade.code, message };
}

/** Which nodes are lost, and what machines they are on. */
function nodesCondition({ nodes: { ready, total, lost } }: Report): Omit<Condition, 'lastTransitionTime'> {
  const type = 'NodesReady';
  if (lost.length === 0 && ready >= total)
    return { type, status: 'True', reason: 'AllReady', message: total === 1 ? '1 node' : `${total} nodes` };
  const names = lost.map(({ name, since, reason, machine }) => {
    const where = machine === undefined ? '' : ` on ${machine}`;
    return `${name}${where} since ${since} (${reason})`;
  });
  return { type, status: 'False', reason: 'NodesLost', message: names.join('; ') };
}

/** Whether the agent took the latest envelope that it was offered. */
function acceptedCondition({ refused, envelope }: Report): Omit<Condition, 'lastTransitionTime'> {
  const type = 'EnvelopeAccepted';
  if (refused === undefined || refused.number <= envelope.number)
    return { type, status: 'True', reason: 'Accepted', message: `envelope ${envelope.number}` };
  const message = `envelope ${refused.number}: ${refused.code}: ${refused.detail}`;
  return { type, status: 'False', reason: 'Refused', message };
}

/** `envelope 7 complete after 12 s: base 3 s, web 9 s`. */
export function completeMessage({ envelope, layers }: Report): string {
  const took = layers
    .filter(({ seconds }) => seconds !== undefined)
    .map(({ name, seconds }) => `${name} ${seconds} s`);
  const whole = envelope.seconds === undefined ? '' : ` after ${envelope.seconds} s`;
  return `envelope ${envelope.number} complete${whole}${took.length === 0 ? '' : `: ${took.join(', ')}`}`;
}

function agentOf(observed: Observed): ClusterStatus['agent'] {
  const { status, report, seen, transport } = observed;
  if (seen === undefined) return status.agent;
  const certificate = report?.certificates.find(({ name }) => name === 'agent');
  const certificateUntil =
    observed.certificateUntil?.toISOString() ?? certificate?.until ?? status.agent?.certificateUntil;
  return {
    seen: seen.toISOString(),
    version: observed.agentVersion ?? report?.agentVersion ?? status.agent?.version ?? '',
    transport,
    ...featuresOf(observed),
    ...(certificateUntil === undefined ? {} : { certificateUntil }),
  };
}

function featuresOf({ report, status }: Observed) {
  const features = report === undefined ? status.agent?.features : report.features;
  return features === undefined ? {} : { features };
}

function reportedFields(report: Report): WrittenStatus {
  const { envelope, layers, kubernetes, nodes, drift, removed } = report;
  const isComplete = envelope.state === 'complete';
  const applied = { number: envelope.number, digest: envelope.digest, at: envelope.since };
  return {
    held: { number: envelope.number, digest: envelope.digest, removed },
    layers,
    kubernetes,
    nodes: { ready: nodes.ready, total: nodes.total },
    drift: { count: drift.count, top: drift.items.slice(0, 10) },
    ...(isComplete ? { applied } : {}),
    ...(isComplete && envelope.seconds !== undefined ? { completedAfterSeconds: envelope.seconds } : {}),
  };
}

import { isEveryday, markOf } from '../../desired/events.ts';
import type { AgentEvent } from '../../desired/report.ts';
import type { AgentIdentity, EventSink } from '../door/ports.ts';
import type { AuditEntry } from './audit.ts';
import type { ClusterAudit } from './cluster-audit.ts';

/**
 * What agents did, in the hub's audit: each event once, however often and through whatever hub it comes. What is an
 * agent's everyday work, an envelope taken and its layers applied, is one line for all that comes together: a thousand
 * agents at a new version would otherwise push everything else out of the audit.
 */
export function auditedEvents(audit: Pick<ClusterAudit, 'lastEvent' | 'recordAll'>): EventSink {
  return {
    last: async (agent) => await audit.lastEvent(streamOf(agent)),
    append: async (agent, events) => {
      const [first] = events;
      if (first === undefined) return;
      // Counted by what is written down now: another hub may have written since the desk has looked.
      const missing = first.number - (await audit.lastEvent(streamOf(agent))).number - 1;
      const gap = missing > 0 ? [gapOf(agent, first.number - missing, first.number - 1)] : [];
      const entries = runsOf(events).map((run) => entryOf(agent, run));
      await audit.recordAll([...gap, ...entries]);
    },
  };
}

function streamOf({ project, name, key }: AgentIdentity): string {
  return `${project}/${name} ${key}`;
}

function gapOf({ project, name }: AgentIdentity, from: number, to: number): AuditEntry {
  const detail = `events ${from} to ${to} are lost`;
  return {
    actor: 'hub',
    action: 'agent-gap',
    subject: `Cluster.skerry.dev ${project}/${name}`,
    outcome: 'failed',
    detail,
  };
}

const OUTCOMES: Partial<Record<AgentEvent['kind'], AuditEntry['outcome']>> = {
  failed: 'failed',
  refused: 'refused',
};

/** Events that follow on each other and make one line. */
type Run = readonly [AgentEvent, ...AgentEvent[]];

function runsOf(events: readonly AgentEvent[]): Run[] {
  const runs: [AgentEvent, ...AgentEvent[]][] = [];
  for (const event of events) {
    const run = runs.at(-1);
    if (run !== undefined && isEveryday(run[0]) && isEveryday(event)) run.push(event);
    else runs.push([event]);
  }
  return runs;
}

function entryOf(agent: AgentIdentity, run: Run): AuditEntry {
  const event = run.at(-1) ?? run[0];
  const { at, kind, subject, detail, by } = event;
  const cluster = `${agent.project}/${agent.name}`;
  const time = new Date(at);
  const all = run.map((one) => `${one.kind} ${one.subject}`).join(', ');
  return {
    actor: by === undefined ? `agent ${cluster}` : `${by} in ${cluster}`,
    action: `agent-${kind}`,
    subject: `${cluster}: ${subject}`,
    outcome: OUTCOMES[kind] ?? 'done',
    detail: run.length === 1 ? detail : `events ${run[0].number} to ${event.number}: ${all}`,
    at: Number.isNaN(time.getTime()) ? undefined : time,
    event: { stream: streamOf(agent), ...markOf(event) },
  };
}

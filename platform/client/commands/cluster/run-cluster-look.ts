import type { Command } from 'commander';
import { isApplied, isReady } from '../../cluster-state.ts';
import { type Cluster, clusters, type Revision, revisions } from '../../kinds.ts';
import { changesText, planOf } from '../../objects/plan.ts';
import type { ListFlags } from '../../options.ts';
import { age } from '../../output/age.ts';
import type { Terminal } from '../../output/terminal.ts';
import { listObjects, showObject, type View, waitForObject } from '../../output/view.ts';
import { inSession } from '../../session.ts';
import type { WaitFlags } from './cluster-look.ts';
import { clusterView, driftTable, progressOf } from './cluster-view.ts';

export async function runList(terminal: Terminal, options: ListFlags, command: Command): Promise<void> {
  await inSession(terminal, command, (session) => listObjects(session, clusterView, options));
}

export async function runShow(
  terminal: Terminal,
  name: string,
  options: { watch?: boolean },
  command: Command,
): Promise<void> {
  await inSession(terminal, command, (session) => showObject(session, clusterView, name, options));
}

export async function runWait(
  terminal: Terminal,
  name: string,
  flags: WaitFlags,
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const cluster = await waitForObject(session, clusters, name, {
      what: `cluster ${name} to be ${flags.for}`,
      timeoutSeconds: flags.timeout,
      isTrue: (cluster) => isReached(flags.for, cluster),
      describe: progressOf,
    });
    const after = cluster?.status?.completedAfterSeconds;
    session.print(cluster ?? { name, deleted: true }, () =>
      flags.for === 'ready' && after !== undefined
        ? `cluster ${name} is ready; the last change took ${after} s`
        : `cluster ${name} is ${flags.for}`,
    );
  });
}

export async function runDrift(terminal: Terminal, name: string, command: Command): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const cluster = await session.objects(clusters).get(name);
    const drift = cluster.status?.drift ?? { count: 0, top: [] };
    session.print(drift, () => {
      // What is open stands first: where there is room for what was put back, nothing open is left out.
      const isAll = drift.top.some(({ state }) => state === 'corrected');
      const more = isAll ? 0 : drift.count - drift.top.length;
      const rest = more > 0 ? `\nand ${more} more` : '';
      return `${driftTable(cluster, terminal.now())}${rest}`;
    });
  });
}

export async function runPlan(terminal: Terminal, name: string, command: Command): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const plan = await planOf(session, session.project(), 'clusters', { name });
    session.print(plan, () => changesText(plan));
  });
}

export async function runRevisions(terminal: Terminal, name: string, command: Command): Promise<void> {
  await inSession(terminal, command, (session) =>
    listObjects(session, revisionView, {
      filter: ({ spec }) => spec.cluster === name,
      order: (a, b) => a.spec.number - b.spec.number,
    }),
  );
}

function isReached(goal: WaitFlags['for'], cluster: Cluster | undefined): boolean {
  if (goal === 'deleted') return cluster === undefined;
  if (cluster === undefined) return false;
  if (goal === 'asking') return cluster.status?.request !== undefined;
  return goal === 'ready' ? isReady(cluster) : isApplied(cluster);
}

const revisionView: View<Revision> = {
  kind: revisions,
  headings: ['REVISION', 'CAUSE', 'RELEASED', 'AGE', 'DIGEST'],
  row: ({ spec, created }, now) => [
    String(spec.number),
    spec.cause,
    spec.releasedAt === undefined ? 'held' : age(spec.releasedAt, now),
    age(created, now),
    spec.digest.slice(0, 19),
  ],
  describe: ({ spec }) => spec.cause,
};

import { Command, Option } from 'commander';
import { age } from '../../age.ts';
import { type Cluster, clusters, type Revision, revisions } from '../../kinds.ts';
import { type ListFlags, type ProjectOptions, timeoutOption, withList, withProject } from '../../options.ts';
import { inSession } from '../../session.ts';
import type { Terminal } from '../../terminal.ts';
import { listObjects, showObject, type View, waitForObject } from '../../view.ts';
import { clusterView, driftTable, isApplied, isReady, progressOf } from './cluster-view.ts';

export function listCommand(terminal: Terminal): Command {
  return withList(new Command('list'))
    .description('the clusters of a project, or of all')
    .addHelpText(
      'after',
      `
REVISION is the desired state that the agent has completed; 3->4 means that it is on its way from 3 to 4.

Examples:
  skerry cluster list --project payments
  skerry cluster list --all-projects --selector site=north --watch`,
    )
    .action(async (options: ListFlags, command: Command) => {
      await inSession(terminal, command, (session) => listObjects(session, clusterView, options));
    });
}

export function showCommand(terminal: Terminal): Command {
  return withProject(new Command('show'))
    .description('one cluster: its layers, its drift, who its agent is')
    .argument('<name>', 'of the cluster')
    .option('--watch', 'show it again after each change, until Ctrl-C')
    .addHelpText(
      'after',
      '\nExamples:\n  skerry cluster show edge-1\n  skerry cluster show edge-1 --output yaml',
    )
    .action(async (name: string, options: { watch?: boolean }, command: Command) => {
      await inSession(terminal, command, (session) => showObject(session, clusterView, name, options));
    });
}

const GOALS = ['ready', 'applied', 'asking', 'deleted'] as const;

interface WaitFlags extends ProjectOptions {
  readonly for: (typeof GOALS)[number];
  readonly timeout: number;
}

export function waitCommand(terminal: Terminal): Command {
  return withProject(new Command('wait'))
    .description('wait until a cluster is as it should be')
    .argument('<name>', 'of the cluster')
    .addOption(
      new Option('--for <state>', 'what to wait for')
        .choices(GOALS)
        .default('ready' satisfies WaitFlags['for']),
    )
    .addOption(timeoutOption(600))
    .addHelpText(
      'after',
      `
ready: all layers are healthy at the desired revision. applied: the agent has completed it, healthy or not.
asking: an agent asks to join. deleted: the cluster is gone. Exits with 1 when it has not come true in time.

Examples:
  skerry cluster wait edge-1 --for ready --timeout 900
  skerry cluster wait edge-1 --for asking`,
    )
    .action(async (name: string, flags: WaitFlags, command: Command) => {
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
    });
}

function isReached(goal: WaitFlags['for'], cluster: Cluster | undefined): boolean {
  if (goal === 'deleted') return cluster === undefined;
  if (cluster === undefined) return false;
  if (goal === 'asking') return cluster.status?.request !== undefined;
  return goal === 'ready' ? isReady(cluster) : isApplied(cluster);
}

export function driftCommand(terminal: Terminal): Command {
  return withProject(new Command('drift'))
    .description('what somebody else changed in what a profile owns, and who')
    .argument('<name>', 'of the cluster')
    .addHelpText('after', '\nExample:\n  skerry cluster drift edge-1')
    .action(async (name: string, _options: ProjectOptions, command: Command) => {
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
    });
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

export function revisionsCommand(terminal: Terminal): Command {
  return withProject(new Command('revisions'))
    .description('the desired states that a cluster was given, newest last')
    .argument('<name>', 'of the cluster')
    .addHelpText('after', '\nExample:\n  skerry cluster revisions edge-1')
    .action(async (name: string, _options: ProjectOptions, command: Command) => {
      await inSession(terminal, command, (session) =>
        listObjects(session, revisionView, {
          filter: ({ spec }) => spec.cluster === name,
          order: (a, b) => a.spec.number - b.spec.number,
        }),
      );
    });
}

import type { Command } from 'commander';
import { stateOf } from '../cluster-state.ts';
import { alerts, type Cluster, clusters, rollouts } from '../kinds.ts';
import type { ProjectOptions } from '../options.ts';
import { age } from '../output/age.ts';
import { fields, table } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';
import { inSession } from '../session.ts';

export async function runStatus(
  terminal: Terminal,
  options: ProjectOptions & { allProjects?: boolean },
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const of = options.allProjects ? session.everywhere : session.objects;
    const [found, moving, firing] = await Promise.all([
      of(clusters).list(),
      of(rollouts).list(),
      of(alerts).list(),
    ]);
    const bad = found.filter((cluster) => BAD.includes(stateOf(cluster)));
    const states = Object.fromEntries(
      [...Map.groupBy(found, stateOf)].map(([state, all]) => [state, all.length]),
    );
    const drifted = found.filter(({ status }) => (status?.drift?.count ?? 0) > 0);
    const active = moving.filter(({ status }) => ['Running', 'Paused'].includes(status?.phase ?? 'Running'));
    const open = firing.filter(({ status }) => status !== undefined && status.resolvedAt === undefined);
    const result = {
      clusters: found.length,
      states,
      drifted: drifted.length,
      rollouts: active.length,
      alerts: open.length,
      unhealthy: bad.map(({ project, name }) => `${project}/${name}`),
    };
    session.print(result, () =>
      [
        fields([
          ['clusters', String(found.length)],
          [
            'states',
            Object.entries(states)
              .map(([state, count]) => `${count} ${state}`)
              .join(', '),
          ],
          ['drifted', String(drifted.length)],
          ['rollouts', `${active.length} under way`],
          ['alerts', `${open.length} open`],
        ]),
        ...(bad.length === 0 ? [] : ['', badTable(bad, terminal.now())]),
      ].join('\n'),
    );
    if (bad.length > 0) process.exitCode = 1;
  });
}

const BAD = ['Degraded', 'Failed', 'Unknown'];

const MAX_NAMED = 20;

function badTable(bad: readonly Cluster[], now: number): string {
  const shown = bad.slice(0, MAX_NAMED);
  const text = table(
    ['PROJECT', 'CLUSTER', 'STATE', 'SEEN'],
    shown.map((cluster) => [
      cluster.project,
      cluster.name,
      stateOf(cluster),
      age(cluster.status?.agent?.seen, now),
    ]),
  );
  return shown.length === bad.length ? text : `${text}\nand ${bad.length - shown.length} more`;
}

import type { Command } from 'commander';
import { platformError } from '../../../errors.ts';
import { type Cluster, clusters } from '../../kinds.ts';
import { age } from '../../output/age.ts';
import { fields, table } from '../../output/table.ts';
import type { Terminal } from '../../output/terminal.ts';
import { showObject, type View } from '../../output/view.ts';
import { inSession } from '../../session.ts';
import type { MachinesFlags } from './cluster-machines.ts';
import type { PoolFlag } from './machine-options.ts';

const CONTROL_PLANE = 'control-plane';

export async function runMachines(
  terminal: Terminal,
  name: string,
  options: MachinesFlags,
  command: Command,
): Promise<void> {
  const view = options.console === true ? consolesView : machinesView;
  await inSession(terminal, command, (session) => showObject(session, view, name, options));
}

export async function runScale(
  terminal: Terminal,
  name: string,
  pools: readonly PoolFlag[],
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const objects = session.objects(clusters);
    const before = countsOf(await objects.get(name));
    const fewer = pools.filter((pool) => pool.replicas < (before.get(pool.name) ?? 0));
    if (fewer.length > 0) {
      const told = fewer.map((pool) => `${before.get(pool.name)} to ${pool.replicas} in ${pool.name}`);
      await session.confirm(`Machines of cluster ${name} are deleted: from ${told.join(', ')}.`);
    }
    const { object, changed } = await objects.change(name, (cluster) => scaled(cluster, pools));
    const told = pools.map((pool) => `${pool.name}=${pool.replicas}`).join(' ');
    session.print(object, () => `cluster ${name} ${changed ? 'goes to' : 'has'} ${told}`);
  });
}

export async function runUpgrade(
  terminal: Terminal,
  name: string,
  version: string,
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const objects = session.objects(clusters);
    const { provision } = madeSpec(await objects.get(name));
    await session.confirm(
      `Every machine of cluster ${name} is replaced by one with Kubernetes ${version} (it has ${provision.kubernetes}), one after the other.`,
    );
    const { object, changed } = await objects.change(name, ({ spec }) =>
      spec.provision?.kubernetes === version ? undefined : { spec: { provision: { kubernetes: version } } },
    );
    session.print(object, () =>
      changed
        ? `cluster ${name} goes to Kubernetes ${version}; skerry cluster machines ${name} --watch shows how`
        : `cluster ${name} is to have Kubernetes ${version} already`,
    );
  });
}

/** The change of a spec. Throws CLUSTER_NOT_MADE and POOL_UNKNOWN. */
export function scaled(cluster: Cluster, pools: readonly PoolFlag[]): { spec: object } {
  const { provision } = madeSpec(cluster);
  const wanted = new Map(pools.map((pool) => [pool.name, pool]));
  const known = new Set([CONTROL_PLANE, ...(provision.pools ?? []).map((pool) => pool.name)]);
  for (const name of wanted.keys()) {
    if (known.has(name)) continue;
    throw platformError('POOL_UNKNOWN', { subject: name, detail: `there are: ${[...known].join(', ')}` });
  }
  const replicas = wanted.get(CONTROL_PLANE)?.replicas;
  return {
    spec: {
      provision: {
        ...(replicas === undefined ? {} : { controlPlane: { replicas } }),
        // A list is replaced as a whole.
        pools: (provision.pools ?? []).map((pool) => {
          const { replicas: count = pool.replicas, size = pool.size } = wanted.get(pool.name) ?? {};
          return { ...pool, replicas: count, size };
        }),
      },
    },
  };
}

function countsOf(cluster: Cluster): ReadonlyMap<string, number> {
  const { provision } = madeSpec(cluster);
  return new Map([
    [CONTROL_PLANE, provision.controlPlane.replicas],
    ...(provision.pools ?? []).map((pool): [string, number] => [pool.name, pool.replicas]),
  ]);
}

/** Throws CLUSTER_NOT_MADE. */
function madeSpec({ name, spec }: Cluster) {
  const { provision } = spec;
  if (provision === undefined) throw platformError('CLUSTER_NOT_MADE', { subject: `cluster ${name}` });
  return { provision };
}

/** The machines of a cluster. */
const machinesView: View<Cluster> = {
  kind: clusters,
  headings: [],
  row: () => [],
  describe: (cluster, now) => {
    const { infrastructure } = cluster.status ?? {};
    madeSpec(cluster);
    if (infrastructure === undefined) return 'its gateway has said nothing yet';
    const { phase, endpoint, kubernetes, controlPlane, pools, machines, replaced = [] } = infrastructure;
    return [
      fields([
        ['state', phase],
        ['endpoint', endpoint],
        ['kubernetes', kubernetes],
        [CONTROL_PLANE, `${controlPlane.ready} of ${controlPlane.wanted} ready`],
        ...pools.map(({ name, ready, wanted, code, detail }): [string, string] => [
          name,
          [`${ready} of ${wanted} ready`, code, detail].filter(Boolean).join(' '),
        ]),
      ]),
      '\n\n',
      table(
        ['MACHINE', 'POOL', 'STATE', 'SINCE', 'ADDRESS', 'KUBERNETES', 'ID', 'MESSAGE'],
        machines.map((machine) => [
          machine.name,
          machine.pool,
          machine.phase,
          age(machine.since, now),
          machine.address ?? '',
          machine.kubernetes ?? '',
          machine.id ?? '',
          [machine.code, machine.detail].filter(Boolean).join(': '),
        ]),
      ),
      replaced.length === 0
        ? ''
        : `\n\nREPLACED\n${table(
            ['MACHINE', 'AGE', 'CAUSE', 'DETAIL'],
            replaced.map(({ machine, at, code, detail }) => [machine, age(at, now), code, detail]),
          )}`,
    ].join('');
  },
};

/** Its machines, and what those wrote that did not join. */
export const consolesView: View<Cluster> = {
  ...machinesView,
  describe: (cluster, now) => {
    const shown = (cluster.status?.infrastructure?.machines ?? []).flatMap(({ name, console }) =>
      console === undefined ? [] : [`CONSOLE of ${name}, ${age(console.at, now)} ago\n${console.text}`],
    );
    const none = 'no console: all have joined, or their cloud keeps none';
    return [machinesView.describe(cluster, now), ...(shown.length === 0 ? [none] : shown)].join('\n\n');
  },
};

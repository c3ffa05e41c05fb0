import type { Command } from 'commander';
import { type Gateway, gateways } from '../../kinds.ts';
import type { ListFlags } from '../../options.ts';
import { age } from '../../output/age.ts';
import { conditionTable } from '../../output/condition-table.ts';
import { fields, table } from '../../output/table.ts';
import type { Terminal } from '../../output/terminal.ts';
import { listObjects, showObject, type View } from '../../output/view.ts';
import { inSession } from '../../session.ts';

export async function runList(terminal: Terminal, options: ListFlags, command: Command): Promise<void> {
  await inSession(terminal, command, (session) => listObjects(session, gatewayView, options));
}

export async function runShow(
  terminal: Terminal,
  name: string,
  options: { watch?: boolean },
  command: Command,
): Promise<void> {
  await inSession(terminal, command, (session) => showObject(session, gatewayView, name, options));
}

const gatewayView: View<Gateway> = {
  kind: gateways,
  headings: ['NAME', 'CLUSTER', 'STATE', 'ACCOUNTS', 'CLUSTERS', 'RUNNING', 'BACKUP', 'SEEN', 'AGE'],
  row: (gateway, now) => {
    const { name, spec, status, created } = gateway;
    return [
      name,
      spec.cluster,
      stateOf(gateway),
      count(status?.accounts),
      count(status?.clusters),
      count(status?.running),
      age(status?.backup?.at, now),
      age(status?.seen, now),
      age(created, now),
    ];
  },
  describe: (gateway, now) => {
    const { name, project, spec, status } = gateway;
    const { pools = [], nodes } = spec;
    const sizes = nodes?.sizes ?? [];
    return [
      fields([
        ['name', name],
        ['project', project],
        ['cluster', spec.cluster],
        ['state', stateOf(gateway)],
        ['version', status?.version],
        ['seen', status?.seen && `${age(status.seen, now)} ago`],
        ['accounts', count(status?.accounts)],
        ['clusters', count(status?.clusters)],
        ['being made', count(status?.running)],
        ['last backup', status?.backup && `${age(status.backup.at, now)} ago, ${status.backup.digest}`],
        ['node template', nodes?.template],
        ['registry', nodes?.registry?.endpoint],
        ['shared with', spec.usableBy?.join(', ')],
      ]),
      pools.length === 0
        ? ''
        : `\n\nADDRESS POOLS\n${table(
            ['POOL', 'RANGES', 'GATEWAY', 'DNS'],
            pools.map((pool) => [
              pool.name,
              pool.ranges.join(','),
              pool.gateway ?? '',
              pool.dns?.join(',') ?? '',
            ]),
          )}`,
      sizes.length === 0
        ? ''
        : `\n\nSIZES\n${table(
            ['SIZE', 'CPUS', 'MEMORY MIB', 'DISK GIB'],
            sizes.map((size) => [size.name, String(size.cpus), String(size.memoryMiB), count(size.diskGiB)]),
          )}`,
      conditionTable(status?.conditions, now),
    ].join('');
  },
};

function stateOf({ status, deleting }: Gateway): string {
  if (typeof deleting === 'string') return 'Deleting';
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready === undefined ? 'Pending' : ready.status === 'True' ? 'Ready' : ready.reason;
}

function count(number: number | undefined): string {
  return number === undefined ? '' : String(number);
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../processes/command.ts';
import type { Cluster } from '../running-cluster.ts';
import { enterNetwork, WATCH_CHAIN } from './network.ts';

/** What tried to leave one network namespace, since it was made. */
export interface LeavingCounters {
  readonly network: string;
  /** Packets of its own that had nowhere to go (Ip OutNoRoutes). */
  readonly sent: number;
  /** Packets that it was to pass on and that had nowhere to go (IpExt InNoRoutes): pods' land here. */
  readonly forwarded: number;
  /** Packets that found a route although their address is not of this island; they were dropped. */
  readonly routed: number;
  /** IPv6 packets that had nowhere to go (Ip6OutNoRoutes). */
  readonly sentIpv6: number;
  /** Default routes; there must be none. */
  readonly defaultRoutes: readonly string[];
}

export interface IslandCounters {
  readonly networks: readonly LeavingCounters[];
  /** Names outside of the cluster that its DNS was asked for. */
  readonly names: readonly string[];
  /** All attempts to leave, and default routes, together; an island's is 0. */
  readonly total: number;
}

/** Counts what tried to leave a cluster: from the node, its pods and every workstation. */
export async function islandCounters(cluster: Cluster): Promise<IslandCounters> {
  const networks: LeavingCounters[] = [];
  for (const network of await cluster.networks()) networks.push(await leavingCounters(network));
  const names = outsideNames(await readFile(join(cluster.folder, 'log/coredns.log'), 'utf8'));
  const packets = networks.map(
    (one) => one.sent + one.forwarded + one.routed + one.sentIpv6 + one.defaultRoutes.length,
  );
  return { networks, names, total: packets.reduce((sum, count) => sum + count, names.length) };
}

/** What an island tried between two readings; zero when nothing did. */
export function attemptsBetween(before: IslandCounters, after: IslandCounters): number {
  return after.total - before.total;
}

async function leavingCounters(network: string): Promise<LeavingCounters> {
  const [file, args] = enterNetwork(network);
  const read = (script: string) => command(file, [...args, 'sh', '-ec', script]);
  const statistics = await read('cat /proc/net/snmp /proc/net/netstat');
  const ipv6 = await read('cat /proc/net/snmp6 2>/dev/null || true');
  const chain = await read(`iptables -w -t mangle -nvxL ${WATCH_CHAIN}`);
  const routes = await read('ip -4 route show default; ip -6 route show default');
  return {
    network,
    sent: statistic(statistics, 'Ip', 'OutNoRoutes'),
    forwarded: statistic(statistics, 'IpExt', 'InNoRoutes'),
    routed: dropped(chain),
    sentIpv6: Number(/^Ip6OutNoRoutes\s+(\d+)$/m.exec(ipv6)?.[1] ?? 0),
    defaultRoutes: routes.split('\n').filter((line) => line !== ''),
  };
}

/** One value of /proc/net/snmp or /proc/net/netstat: a line of names, then a line of values under the same title. */
export function statistic(text: string, title: string, name: string): number {
  const [names, values] = text
    .split('\n')
    .filter((line) => line.startsWith(`${title}: `))
    .map((line) => line.split(' '));
  const value = values?.[names?.indexOf(name) ?? -1];
  // A counter that is missing must not pass for one that is zero.
  if (value === undefined) throw new Error(`the kernel has no counter ${title} ${name}`);
  return Number(value);
}

/** The packets of the chain's last rule, which drops what no rule before it has let pass. */
export function dropped(chain: string): number {
  const [packets, , target] = (chain.trim().split('\n').at(-1) ?? '').trim().split(/\s+/);
  if (target !== 'DROP') throw new Error(`the watch on leaving packets is gone: ${chain}`);
  return Number(packets);
}

/** CoreDNS logs one line for each question about a name that is not the cluster's (see the Corefile). */
export function outsideNames(log: string): string[] {
  return [...log.matchAll(/\boutside (\S+) \S+ \S+/g)].map((match) => match[1] ?? '');
}

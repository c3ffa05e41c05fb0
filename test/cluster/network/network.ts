import { stat } from 'node:fs/promises';
import { command } from '../processes/command.ts';
import { type AddressPlan, LINK_PREFIX_LENGTH } from './address.ts';

/** A network namespace as `ip netns` names it. */
export function networkPath(network: string): string {
  return `/run/netns/${network}`;
}

/** The interface in a workstation that leads to the node. */
const UPLINK = 'eth0';
const BRIDGE = 'island';
/** Counts and drops what would leave, if a route ever led out. */
export const WATCH_CHAIN = 'SKERRY-LEAVING';

/** Makes the node's namespace: loopback and a bridge with the node's address, and no way out. */
export async function createNodeNetwork(network: string, plan: AddressPlan): Promise<void> {
  await command('ip', ['netns', 'add', network]);
  await inNetwork(network, [
    quietIpv6(),
    'sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.route_localnet=1',
    'ip link set lo up',
    `ip link add ${BRIDGE} type bridge`,
    `ip addr add ${plan.node}/${LINK_PREFIX_LENGTH} dev ${BRIDGE}`,
    `ip link set ${BRIDGE} up`,
    // A route is looked up before a Service's address is translated; most nodes use their default route for it.
    `ip route add ${plan.services} dev ${BRIDGE}`,
    ...watchRules(plan),
  ]);
}

export interface WorkstationNetwork {
  readonly network: string;
  readonly node: string;
  readonly address: string;
  /** Unique on the machine for as long as it takes to hand the cable's ends over; at most 15 characters. */
  readonly cable: string;
  /** False puts a firewall before it that lets no connection in. */
  readonly reachable: boolean;
}

/** Makes a workstation's namespace and joins it to the node's bridge. */
export async function createWorkstationNetwork(
  { network, node, address, cable, reachable }: WorkstationNetwork,
  plan: AddressPlan,
): Promise<void> {
  await command('ip', ['netns', 'add', network]);
  // Both ends are born inside a namespace: a crash can't leave a cable on the machine itself.
  await command('ip', [
    ...['-n', node, 'link', 'add', cable, 'type', 'veth'],
    ...['peer', 'name', UPLINK, 'netns', network],
  ]);
  await inNetwork(node, [`ip link set ${cable} master ${BRIDGE} up`]);
  await inNetwork(network, [
    quietIpv6(),
    'ip link set lo up',
    `ip addr add ${address}/${LINK_PREFIX_LENGTH} dev ${UPLINK}`,
    `ip link set ${UPLINK} up`,
    ...(reachable ? [] : [`iptables -w -A INPUT -i ${UPLINK} -m conntrack --ctstate NEW -j DROP`]),
    ...watchRules(plan),
  ]);
}

/** Takes the workstation's cable out or puts it back. */
export async function setCable(node: string, cable: string, plugged: boolean): Promise<void> {
  await command('ip', ['-n', node, 'link', 'set', cable, plugged ? 'up' : 'down']);
}

export async function deleteNetwork(network: string): Promise<void> {
  if (await stat(networkPath(network)).catch(() => undefined)) await command('ip', ['netns', 'del', network]);
}

/** Arguments that start a program in a network namespace. `ip netns exec` would hide the cgroups from it. */
export function enterNetwork(network: string): [string, string[]] {
  return ['nsenter', [`--net=${networkPath(network)}`, '--']];
}

async function inNetwork(network: string, script: readonly string[]): Promise<void> {
  const [file, args] = enterNetwork(network);
  await command(file, [...args, 'sh', '-ec', script.join('\n')]);
}

/** The island has no IPv6; without this the kernel asks for routers that aren't there. */
function quietIpv6(): string {
  const set = (scope: string) =>
    `[ ! -e /proc/sys/net/ipv6/conf/${scope} ] || echo 1 > /proc/sys/net/ipv6/conf/${scope}/disable_ipv6`;
  return `${set('default')}\n${set('all')}`;
}

/** Last in line, after addresses were translated: sees what the namespace sends itself and what it passes on. */
function watchRules(plan: AddressPlan): string[] {
  // Link-local multicast (RFC 5771) never leaves its link; bridges speak it to one another.
  const inside = [plan.link, plan.pods, plan.services, '127.0.0.0/8', '224.0.0.0/24'];
  return [
    `iptables -w -t mangle -N ${WATCH_CHAIN}`,
    `iptables -w -t mangle -A POSTROUTING -j ${WATCH_CHAIN}`,
    ...inside.map((range) => `iptables -w -t mangle -A ${WATCH_CHAIN} -d ${range} -j RETURN`),
    `iptables -w -t mangle -A ${WATCH_CHAIN} -j DROP`,
  ];
}

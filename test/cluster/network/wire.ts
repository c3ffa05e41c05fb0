import { enterNode, nodeProcess, nodeSearchPath } from '../node.ts';
import { command } from '../processes/command.ts';
import type { Cluster } from '../running-cluster.ts';
import { type AddressPlan, LINK_PREFIX_LENGTH } from './address.ts';
import { enterNetwork, WATCH_CHAIN } from './network.ts';

/** One side of a wire: a node with its network. */
export type WireEnd = Pick<Cluster, 'name' | 'plan' | 'network' | 'folder'>;

/** Whose packets get lost on a wire that is half open. */
export type Direction = 'to-hub' | 'to-agent';

/** What joins the nodes of two islands, and how it can fail. Faults replace one another; `mend` ends them all. */
export interface Wire {
  /** Drops everything without a word, as a cable does that somebody pulled out behind a switch. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** Thousands of bits a second, each way; what is too much waits and then gets lost. */
  slow(limit: { readonly kbit: number }): Promise<void>;
  /** One direction gets lost, the other arrives. */
  halfOpen(lost: Direction): Promise<void>;
  /** Ends every TCP connection that goes over the wire, with a reset to both sides. */
  reset(): Promise<void>;
  /** Bytes that the hub's node got from the other and sent to it, with all headers. */
  bytes(): Promise<{ readonly received: number; readonly sent: number }>;
}

/**
 * Joins two islands by a wire between their nodes. Each node, and the pods on it, then reach the other's node at its
 * address, and its NodePorts; nothing else of the other island, and the workstations see nothing of it. What goes over
 * the wire is inside for the counters of both.
 */
export async function joinClusters(hub: WireEnd, agent: WireEnd): Promise<Wire> {
  const ends = [end(hub, agent), end(agent, hub)] as const;
  await unplug(ends[0]);
  await unplug(ends[1]);
  const [here, there] = ends;
  // Born inside of the namespaces: a crash can't leave it on the machine itself.
  await command('ip', [
    ...['-n', here.network, 'link', 'add', here.device, 'type', 'veth'],
    ...['peer', 'name', there.device, 'netns', there.network],
  ]);
  for (const one of ends) await run(one, plugScript(one));
  const faults = async (hubEnd: string[], agentEnd: string[]) => {
    await run(here, [...mendScript(here), ...hubEnd]);
    await run(there, [...mendScript(there), ...agentEnd]);
  };
  return {
    cut: async () => await faults([lose(here)], [lose(there)]),
    mend: async () => await faults([], []),
    slow: async ({ kbit }) => await faults([limit(here, kbit)], [limit(there, kbit)]),
    halfOpen: async (lost) =>
      await faults(lost === 'to-hub' ? [lose(here)] : [], lost === 'to-agent' ? [lose(there)] : []),
    reset: async () => {
      await resetConnections(there, hub.plan);
      await resetConnections(here, agent.plan);
    },
    bytes: async () => {
      const read = async (name: string) =>
        Number(await run(here, [`cat /sys/class/net/${here.device}/statistics/${name}_bytes`]));
      return { received: await read('rx'), sent: await read('tx') };
    },
  };
}

interface End extends WireEnd {
  readonly peer: AddressPlan;
  readonly device: string;
}

function end(own: WireEnd, { plan: peer, name }: WireEnd): End {
  const { name: ownName, plan, network, folder } = own;
  if (plan.node === peer.node) throw new Error(`${ownName} and ${name} have the same addresses`);
  return { name: ownName, plan, network, folder, peer, device: `wire${peer.node.split('.')[2]}` };
}

function plugScript({ plan, peer, device }: End): string[] {
  return [
    `ip addr add ${plan.node}/32 dev ${device}`,
    `ip link set ${device} up`,
    `ip route add ${peer.node}/32 dev ${device} src ${plan.node}`,
    `iptables -w -t mangle -I ${WATCH_CHAIN} -o ${device} -d ${peer.node}/${LINK_PREFIX_LENGTH} -j RETURN`,
  ];
}

/** Takes away what an earlier wire to a cluster with the same addresses has left. */
async function unplug(one: End): Promise<void> {
  const { device, peer } = one;
  const rule = `${WATCH_CHAIN} -o ${device} -d ${peer.node}/${LINK_PREFIX_LENGTH} -j RETURN`;
  await run(one, [
    ...mendScript(one),
    `ip link del ${device} 2>/dev/null || true`,
    `while iptables -w -t mangle -D ${rule} 2>/dev/null; do :; done`,
  ]);
}

/** Before any connection is looked up, so that the loss is as silent as on a cable. */
function lose({ device }: End): string {
  return `iptables -w -t raw -I PREROUTING -i ${device} -j DROP`;
}

/** The burst holds one large packet of a veth, which may be 64 KiB before it is cut up. */
function limit({ device }: End, kbit: number): string {
  return `tc qdisc replace dev ${device} root tbf rate ${kbit}kbit burst 66000 limit 132000`;
}

function mendScript({ device }: End): string[] {
  return [
    `while iptables -w -t raw -D PREROUTING -i ${device} -j DROP 2>/dev/null; do :; done`,
    `tc qdisc del dev ${device} root 2>/dev/null || true`,
  ];
}

/** The kernel ends the sockets of the node and of its pods whose peer is the other node. */
async function resetConnections({ folder, name }: End, peer: AddressPlan): Promise<void> {
  const node = await nodeProcess(folder);
  if (node === undefined) throw new Error(`cluster ${name} does not run`);
  const [file, args] = enterNode(node);
  const kill = `ss -K -t dst ${peer.node}`;
  const script = `${kill}; for pod in /run/netns/*; do [ ! -e "$pod" ] || nsenter --net="$pod" ${kill}; done`;
  await command(file, [...args, 'sh', '-c', script], { env: { PATH: nodeSearchPath() } });
}

async function run({ network }: End, script: readonly string[]): Promise<string> {
  const [file, args] = enterNetwork(network);
  return await command(file, [...args, 'sh', '-ec', script.join('\n')]);
}

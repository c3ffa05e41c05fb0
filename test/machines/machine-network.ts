import { deleteNetwork, enterNetwork, WATCH_CHAIN } from '../cluster/network/network.ts';
import { command } from '../cluster/processes/command.ts';
import type { MachineSite } from './site.ts';

/** A machine's network: loopback and one card, plugged into the site's bridge. Addresses are the machine's own affair. */
export async function createMachineNetwork(
  { network: router, bridge }: MachineSite,
  network: string,
  { cable, mac }: { readonly cable: string; readonly mac?: string | undefined },
): Promise<void> {
  await command('ip', ['netns', 'add', network]);
  // Both ends are born inside a namespace: a crash can't leave a cable on the machine itself.
  const card = mac === undefined ? [] : ['address', mac];
  const ends = ['link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', ...card, 'netns', network];
  await command('ip', ['-n', router, ...ends]);
  await command('ip', ['-n', router, 'link', 'set', cable, 'master', bridge, 'up']);
  const [file, args] = enterNetwork(network);
  await command(file, [...args, 'sh', '-ec', SETTINGS]);
}

/** A namespace lingers in the kernel after it was deleted; the cable is not to linger with it. */
export async function deleteMachineNetwork(
  { network: router }: MachineSite,
  network: string,
  cable: string,
): Promise<void> {
  await command('ip', ['-n', router, 'link', 'delete', cable]).catch(() => undefined);
  await deleteNetwork(network);
}

/**
 * All that tests make lies in 10.0.0.0/8. A machine has a gateway, as kubelet and kubeadm want, but whatever would go
 * beyond is counted and dropped.
 */
const SETTINGS = `
for scope in default all; do
  [ ! -e /proc/sys/net/ipv6/conf/$scope ] || echo 1 > /proc/sys/net/ipv6/conf/$scope/disable_ipv6
done
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.route_localnet=1
ip link set lo up
iptables -w -t mangle -N ${WATCH_CHAIN}
iptables -w -t mangle -A POSTROUTING -j ${WATCH_CHAIN}
for range in 10.0.0.0/8 127.0.0.0/8 224.0.0.0/4; do
  iptables -w -t mangle -A ${WATCH_CHAIN} -d $range -j RETURN
done
iptables -w -t mangle -A ${WATCH_CHAIN} -j DROP
`;

/** The addresses that the machine's card has now, as tools inside of it would report them. */
export async function addressesOf(network: string): Promise<string[]> {
  const text = await command('ip', ['-n', network, '-4', '-br', 'address', 'show', 'dev', 'eth0']).catch(
    () => '',
  );
  return [...text.matchAll(/(\d+\.\d+\.\d+\.\d+)\//g)].map((match) => match[1] ?? '');
}

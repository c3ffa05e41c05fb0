import type { Cluster, Workstation } from '../../cluster/cluster.ts';
import { enterNetwork, WATCH_CHAIN } from '../../cluster/network/network.ts';
import { command } from '../../cluster/processes/command.ts';

/**
 * What stands beside a gateway's node reaches the hub's node through it, as all of a site does through its router. The
 * wire between the two (joinClusters) is there already.
 */
export async function openWayToHub(hub: Cluster, gateway: Cluster): Promise<void> {
  await run(hub.network, [`ip route replace ${gateway.plan.link} via ${gateway.plan.node}`]);
}

/** A workstation of the site gets a route to the hub's node. */
export async function routeToHub(station: Workstation, hub: Cluster, gateway: Cluster): Promise<void> {
  await run(station.network, [
    `ip route replace ${hub.plan.node}/32 via ${gateway.plan.node}`,
    `iptables -w -t mangle -I ${WATCH_CHAIN} -d ${hub.plan.node} -j RETURN`,
  ]);
}

async function run(network: string, script: readonly string[]): Promise<void> {
  const [file, args] = enterNetwork(network);
  await command(file, [...args, 'sh', '-ec', script.join('\n')]);
}

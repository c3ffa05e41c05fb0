import type { KubeClient } from '../../../apply/client/client.ts';
import type { Envelope } from '../../desired/envelope.ts';
import { collectFindings, type Finding } from '../compile/finding.ts';
import { findAccount } from '../compile/gateway/find-account.ts';
import { clusterLayerName } from '../compile/gateway/layer-names.ts';
import type { Acknowledged } from '../compile/removals.ts';
import { say } from '../controller/cluster-conditions.ts';
import { keyOf, type StoredCluster, type StoredGateway } from '../watched/stored.ts';
import { hold, release } from './finalizer.ts';
import { clusterKeyOf, type GatewayObjects, keyOfCluster } from './gateway-objects.ts';
import type { GatewayPlans } from './gateway-plans.ts';
import { accountSources } from './gateway-sources.ts';
import { layerPlace } from './layer-place.ts';
import { acceptedSaid, provisionedSaid, type Said } from './made-conditions.ts';

export interface MadeWorld {
  readonly client: Pick<KubeClient, 'get' | 'replace'>;
  readonly objects: GatewayObjects;
  readonly plans: Pick<GatewayPlans, 'get'>;
  /** The newest envelope of a cluster. */
  readonly newest: (clusterKey: string, signal: AbortSignal) => Promise<Envelope | undefined>;
  readonly acknowledged: (clusterKey: string) => Acknowledged | undefined;
  readonly now: () => Date;
}

const GONE = 'MachinesGone';

/** Tells a cluster that is made how that goes, and lets its object go once its machines are gone or left. */
export async function workOnMade(world: MadeWorld, key: string, signal: AbortSignal): Promise<object> {
  const cluster = world.objects.cluster(key);
  if (cluster?.spec.provision === undefined) return {};
  if (cluster.metadata.deletionTimestamp !== undefined) await leave(world, cluster, signal);
  else await follow(world, cluster, signal);
  return {};
}

async function follow(world: MadeWorld, cluster: StoredCluster, signal: AbortSignal): Promise<void> {
  await hold(world.client, 'Cluster', cluster, signal);
  const gateway = world.objects.makerOf(cluster);
  const name = gateway === undefined ? 'none' : gatewayKey(gateway);
  const conditions: Record<string, Said> = {
    ProvisionAccepted: acceptedSaid(findingsOf(world, cluster, gateway)),
    Provisioned: provisionedSaid(cluster.status.infrastructure, name),
  };
  await say(world, cluster, conditions, {}, signal);
}

/** What its gateway found; without one, what keeps it from having one. */
function findingsOf(
  { objects, plans }: MadeWorld,
  cluster: StoredCluster,
  gateway: StoredGateway | undefined,
): readonly Finding[] {
  const { provision } = cluster.spec;
  const planned =
    gateway === undefined
      ? undefined
      : plans.get(gatewayKey(gateway))?.clusterFindings.get(keyOfCluster(cluster));
  if (planned !== undefined || provision === undefined) return planned ?? [];
  const { findings, report } = collectFindings();
  findAccount({ project: cluster.metadata.namespace, provision }, accountSources(objects), report);
  return findings;
}

async function leave(world: MadeWorld, cluster: StoredCluster, signal: AbortSignal): Promise<void> {
  const { name, namespace } = cluster.metadata;
  const { provision } = cluster.spec;
  const gateway = world.objects.makerOf(cluster);
  const isAbandoned = provision?.abandon === name;
  if (gateway === undefined) {
    if (isAbandoned) return await release(world.client, 'Cluster', cluster, signal);
    const message = `account ${provision?.account} has no gateway any more; provision.abandon leaves the machines`;
    return await say(world, cluster, { [GONE]: ['Unknown', 'GatewayUnknown', message] }, {}, signal);
  }
  if (provision?.deletion === 'protect' && !isAbandoned) {
    const message = 'set provision.deletion to delete or orphan first';
    return await say(world, cluster, { [GONE]: ['False', 'CLUSTER_PROTECTED', message] }, {}, signal);
  }
  const clusterKey = clusterKeyOf(gateway);
  const last = await world.newest(clusterKey, signal);
  const place = layerPlace(clusterLayerName(namespace, name), last, world.acknowledged(clusterKey));
  const isSilent = isAway(world.objects.cluster(clusterKey));
  if (place === 'gone' || (isAbandoned && isSilent && place === 'leaving'))
    return await release(world.client, 'Cluster', cluster, signal);
  await say(world, cluster, { [GONE]: waitingSaid(cluster, gateway, isSilent) }, {}, signal);
}

function waitingSaid({ status }: StoredCluster, gateway: StoredGateway, isSilent: boolean): Said {
  const name = gatewayKey(gateway);
  if (isSilent)
    return [
      'Unknown',
      'WaitingForGateway',
      `gateway ${name} is silent; provision.abandon leaves the machines`,
    ];
  const left = status.infrastructure?.machines.length;
  return ['False', 'Removing', left === undefined ? `gateway ${name} is at it` : `${left} machines are left`];
}

/** Whether a gateway's cluster has no agent that could be waited for. */
export function isAway(cluster: StoredCluster | undefined): boolean {
  return cluster === undefined || cluster.spec.agent?.key === undefined || cluster.status.phase === 'Unknown';
}

function gatewayKey({ metadata }: StoredGateway): string {
  return keyOf(metadata.namespace, metadata.name);
}

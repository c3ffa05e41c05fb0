import { isDeepStrictEqual } from 'node:util';
import { keyOf, type StoredAccount, type StoredCluster, type StoredGateway } from '../watched/stored.ts';
import { clusterKeyOf, type GatewayObjects, keyOfCluster, type WatchedGateways } from './gateway-objects.ts';

export interface GatewayListener {
  /** The cluster of a gateway is to be compiled again. */
  readonly onCluster: (clusterKey: string) => void;
  readonly onGateway: (gatewayKey: string) => void;
  /** A cluster that is made is to be looked at. */
  readonly onMade: (clusterKey: string) => void;
}

/** Says whom a change of a gateway, an account or a cluster concerns. */
export function followGateways(
  watched: WatchedGateways,
  objects: GatewayObjects,
  { onCluster, onGateway, onMade }: GatewayListener,
): void {
  const all = (gateway: StoredGateway) => {
    onGateway(keyOf(gateway.metadata.namespace, gateway.metadata.name));
    for (const cluster of objects.madeBy(gateway)) onMade(keyOfCluster(cluster));
  };
  watched.gateways.subscribe((_, before, now) => {
    for (const gateway of [before, now]) if (gateway !== undefined) all(gateway);
    if (isSame(before, now)) return;
    for (const gateway of [before, now]) {
      if (gateway === undefined) continue;
      onCluster(clusterKeyOf(gateway));
      // Their agents are told of its cache.
      for (const cluster of objects.madeBy(gateway)) onCluster(keyOfCluster(cluster));
    }
  });
  watched.accounts.subscribe((key, before, now) => {
    for (const cluster of objects.madeWith(key)) onMade(keyOfCluster(cluster));
    for (const name of new Set([before?.spec.gateway, now?.spec.gateway])) {
      const gateway = name === undefined ? undefined : objects.gateway(key.slice(0, key.indexOf('/')), name);
      if (gateway === undefined) continue;
      all(gateway);
      if (!isSame(before, now)) onCluster(clusterKeyOf(gateway));
    }
  });
  watched.clusters.subscribe((key, before, now) => {
    const own = objects.gatewayOf(key);
    if (own !== undefined) all(own);
    for (const stored of [before?.stored, now?.stored]) {
      if (stored?.spec.provision === undefined) continue;
      onMade(key);
      const maker = objects.makerOf(stored);
      if (maker === undefined || isSame(before?.stored, now?.stored)) continue;
      onCluster(clusterKeyOf(maker));
      all(maker);
    }
  });
}

type Changed = StoredGateway | StoredAccount | StoredCluster;

/** Whether nothing is different of what layers are made of. */
function isSame(before: Changed | undefined, now: Changed | undefined): boolean {
  return isDeepStrictEqual(mattering(before), mattering(now));
}

function mattering(object: Changed | undefined): object | undefined {
  if (object === undefined) return undefined;
  const { metadata, spec } = object;
  const id = 'id' in object.status ? object.status.id : undefined;
  return { spec, uid: metadata.uid, leaving: metadata.deletionTimestamp, id };
}

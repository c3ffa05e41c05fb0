import type { SkerryError } from '../../../content/error.ts';
import { CloudAccount } from '../../api/cloud-account.ts';
import { Cluster, ClusterSpec } from '../../api/cluster.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import { Gateway } from '../../api/gateway.ts';
import { platformError } from '../../errors.ts';
import { collectFindings, type Finding } from '../compile/finding.ts';
import { clusterLayer } from '../compile/gateway/cluster-layer.ts';
import { findAccount } from '../compile/gateway/find-account.ts';
import type { PlacementCheck } from '../compile/gateway/made-cluster.ts';
import type { Catalog } from '../packs/catalog.ts';
import { keyOf } from '../watched/stored.ts';
import { type GatewayObjects, keyOfCluster } from './gateway-objects.ts';
import { accountSources } from './gateway-sources.ts';
import { readSystemPacks } from './system-pack-source.ts';

export interface CheckWorld {
  readonly objects: GatewayObjects;
  readonly catalog: Pick<Catalog, 'pack' | 'versions'>;
  readonly packsPrefix: string;
  readonly checkPlacement: PlacementCheck;
}

/** What keeps a cluster from being made, before it is written; also what it would wait for. */
export async function checkMade(
  { objects, catalog, packsPrefix, checkPlacement }: CheckWorld,
  { project, name, spec }: { readonly project: string; readonly name: string; readonly spec: unknown },
): Promise<readonly Finding[]> {
  const { provision } = ClusterSpec.parse(spec);
  if (provision === undefined) return [];
  const { findings, report } = collectFindings();
  const cluster = { project, name, uid: 'new', created: '', provision, isLeaving: false, token: undefined };
  const found = findAccount(cluster, accountSources(objects), report);
  if (found !== undefined) {
    const packs = await readSystemPacks(catalog, []);
    clusterLayer({ ...found, cluster, before: undefined, packs, packsPrefix, checkPlacement }, report);
  }
  return findings;
}

/** Why an object may not be deleted now; undefined where it may. */
export function refuseDeletion(
  objects: GatewayObjects,
  kind: CustomResource,
  project: string,
  name: string,
): SkerryError | undefined {
  const key = keyOf(project, name);
  const subject = `${kind.kind} ${key}`;
  if (kind.kind === Cluster.kind) {
    const provision = objects.cluster(key)?.spec.provision;
    const gateway = objects.gatewayOf(key)?.metadata.name;
    if (gateway !== undefined)
      return platformError('GATEWAY_IN_USE', { subject, detail: `it is the cluster of gateway ${gateway}` });
    return provision?.deletion === 'protect' && provision.abandon !== name
      ? platformError('CLUSTER_PROTECTED', { subject })
      : undefined;
  }
  if (kind.kind === CloudAccount.kind) {
    const users = objects.madeWith(key).map(keyOfCluster);
    return users.length === 0
      ? undefined
      : platformError('ACCOUNT_IN_USE', { subject, detail: users.join(', ') });
  }
  const gateway = kind.kind === Gateway.kind ? objects.gateway(project, name) : undefined;
  const accounts =
    gateway === undefined ? [] : objects.accountsOf(gateway).map(({ metadata }) => metadata.name);
  return accounts.length === 0
    ? undefined
    : platformError('GATEWAY_IN_USE', { subject, detail: `accounts ${accounts.join(', ')}` });
}

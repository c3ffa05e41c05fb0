import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { Report } from '../../desired/report.ts';
import { updateStatus } from '../controller/update-status.ts';
import { keyOf, referenceTo, StoredAccount, StoredCluster, StoredGateway } from '../watched/stored.ts';
import type { GatewayObjects } from './gateway-objects.ts';
import { accountFields, gatewayFields } from './spread-report.ts';

export interface SpreadWorld {
  readonly client: Pick<KubeClient, 'get' | 'replace'>;
  readonly objects: GatewayObjects;
  /** The latest report of a cluster's agent to this hub. */
  readonly report: (clusterKey: string) => Report | undefined;
}

/**
 * Writes what a gateway tells into the statuses of those whom it is about. It is believed about its own accounts, and
 * about the clusters that are made with them, and about nobody else.
 */
export async function spreadReport(
  world: SpreadWorld,
  clusterKey: string,
  signal: AbortSignal,
): Promise<object> {
  const { objects } = world;
  const report = world.report(clusterKey);
  const gateway = objects.gatewayOf(clusterKey);
  if (report?.gateway === undefined || gateway === undefined) return {};
  const told = report.gateway;
  const { namespace, name } = gateway.metadata;
  await write(
    world,
    'Gateway',
    keyOf(namespace, name),
    (object) =>
      gatewayFields(told, report, object === undefined ? gateway.status : StoredGateway.parse(object).status),
    signal,
  );
  const accounts = new Map(
    told.accounts.map(({ project, name: account, state }) => [keyOf(project, account), state]),
  );
  for (const account of objects.accountsOf(gateway)) {
    const key = keyOf(account.metadata.namespace, account.metadata.name);
    const state = accounts.get(key);
    if (state === undefined) continue;
    await write(
      world,
      'CloudAccount',
      key,
      (object) =>
        accountFields(state, object === undefined ? account.status : StoredAccount.parse(object).status),
      signal,
    );
  }
  const clusters = new Map(
    told.clusters.map(({ project, name: cluster, state }) => [keyOf(project, cluster), state]),
  );
  for (const cluster of objects.madeBy(gateway)) {
    const key = keyOf(cluster.metadata.namespace, cluster.metadata.name);
    const infrastructure = clusters.get(key);
    if (infrastructure === undefined) continue;
    await write(
      world,
      'Cluster',
      key,
      (object) => {
        const { status } = object === undefined ? cluster : StoredCluster.parse(object);
        if (isDeepStrictEqual(plain(status.infrastructure), plain(infrastructure))) return undefined;
        return { phase: status.phase ?? 'Pending', infrastructure };
      },
      signal,
    );
  }
  return {};
}

// Asked first of what was seen last, so that nothing is read where nothing is to be written.
async function write(
  { client }: SpreadWorld,
  kind: string,
  key: string,
  change: (object: KubeObject | undefined) => object | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (change(undefined) === undefined) return;
  await updateStatus(client, referenceTo(kind, key), change, signal);
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

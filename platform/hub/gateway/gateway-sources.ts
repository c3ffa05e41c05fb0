import type { KubeClient } from '../../../apply/client/client.ts';
import type { EnvelopeLayer } from '../../desired/envelope.ts';
import type { AccountCredentials } from '../compile/gateway/account-layer.ts';
import type { AccountSources } from '../compile/gateway/find-account.ts';
import type { MadeCluster, PlacementCheck } from '../compile/gateway/made-cluster.ts';
import type { GatewaySources } from '../compile/gateway/plan-gateway.ts';
import { readNamedSecrets, readSecret, wholeSecret } from '../controller/secret-source.ts';
import { rulesOfCluster } from '../enroll/agent-setting.ts';
import { registryHost } from '../lent-secret.ts';
import type { Catalog } from '../packs/catalog.ts';
import { keyOf, type StoredAccount, type StoredCluster, type StoredGateway } from '../watched/stored.ts';
import type { EnrollmentTokens } from './enrollment-token.ts';
import { MACHINES } from './finalizer.ts';
import { type GatewayObjects, namedAccount, namedGateway } from './gateway-objects.ts';
import { readSystemPacks } from './system-pack-source.ts';

export interface GatewaySourcesWorld {
  readonly client: Pick<KubeClient, 'get'>;
  readonly catalog: Pick<Catalog, 'pack' | 'versions'>;
  readonly packsPrefix: string;
  readonly objects: GatewayObjects;
  readonly tokens: Pick<EnrollmentTokens, 'tokenFor'>;
  readonly checkPlacement: PlacementCheck;
}

/** All that the layers of a gateway are made of. Throws what reading Secrets and packs throws. */
export async function gatewaySources(
  world: GatewaySourcesWorld,
  gateway: StoredGateway,
  last: readonly EnvelopeLayer[],
  isApplied: (layer: string) => boolean,
  signal: AbortSignal,
): Promise<GatewaySources> {
  const { client, objects, packsPrefix, checkPlacement } = world;
  const project = gateway.metadata.namespace;
  const accounts = [];
  for (const account of objects.accountsOf(gateway))
    accounts.push({
      account: namedAccount(account),
      credentials: await credentialsOf(client, account, signal),
    });
  const clusters: MadeCluster[] = [];
  for (const cluster of objects.madeBy(gateway))
    clusters.push(...(await madeCluster(world, cluster, signal)));
  const { credentials, cache } = gateway.spec.nodes?.registry ?? {};
  const secrets = [credentials?.name, cache?.certificate?.name].filter((name) => name !== undefined);
  return {
    gateway: namedGateway(gateway),
    accounts,
    clusters,
    machines: {
      secretText: await readNamedSecrets(client, project, secrets, signal),
    },
    isApplied,
    packs: await readSystemPacks(world.catalog, last),
    packsPrefix,
    checkPlacement,
    ...accountSources(objects),
  };
}

/** How accounts and gateways are found by name. */
export function accountSources(objects: GatewayObjects): AccountSources {
  return {
    accountOf: (project, name) => {
      const account = objects.account(project, name);
      return account && namedAccount(account);
    },
    gatewayOf: (project, name) => {
      const gateway = objects.gateway(project, name);
      return gateway && namedGateway(gateway);
    },
    isEnrolled: ({ project, spec }) => {
      const cluster = objects.cluster(keyOf(project, spec.cluster));
      return cluster?.spec.agent?.key !== undefined && cluster.status.id !== undefined;
    },
  };
}

async function credentialsOf(
  client: Pick<KubeClient, 'get'>,
  { metadata, spec }: StoredAccount,
  signal: AbortSignal,
): Promise<AccountCredentials> {
  const secret = await readSecret(client, metadata.namespace, spec.credentials.name, signal);
  const host = spec.endpoint === undefined ? undefined : registryHost(spec.endpoint);
  return wholeSecret(secret, { purpose: 'cloud', host });
}

async function madeCluster(
  { client, catalog, tokens }: Pick<GatewaySourcesWorld, 'client' | 'catalog' | 'tokens'>,
  cluster: StoredCluster,
  signal: AbortSignal,
): Promise<MadeCluster[]> {
  const { metadata, spec } = cluster;
  const { provision } = spec;
  if (provision === undefined) return [];
  const { namespace: project, name, uid, creationTimestamp: created, deletionTimestamp } = metadata;
  const isLeaving = deletionTimestamp !== undefined;
  const token = await tokens.tokenFor(cluster, signal);
  const id = metadata.annotations[MACHINES] ?? uid;
  const isMade = (cluster.status.infrastructure?.machines.length ?? 0) > 0;
  // Its agent is put there by the gateway, which knows nothing of packs.
  const rules =
    token === undefined
      ? undefined
      : await rulesOfCluster({ client, catalog }, { project, name }, spec.profiles ?? [], signal);
  return [{ project, name, uid: id, created, provision, isLeaving, isMade, token, rules }];
}

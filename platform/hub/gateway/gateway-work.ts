import type { KubeObject } from '../../../apply/object.ts';
import type { Condition } from '../../api/cluster-status.ts';
import type { Finding } from '../compile/finding.ts';
import { accountLayerName } from '../compile/gateway/layer-names.ts';
import { isSystemLayer } from '../compile/gateway/system-packs.ts';
import { BEHIND } from '../controller/adoption.ts';
import { conditionOf, withCondition } from '../controller/conditions.ts';
import { updateStatus } from '../controller/update-status.ts';
import { keyOf, referenceTo, StoredAccount, StoredGateway } from '../watched/stored.ts';
import { hold, release } from './finalizer.ts';
import { clusterKeyOf } from './gateway-objects.ts';
import { layerPlace } from './layer-place.ts';
import { acceptedSaid, type Said } from './made-conditions.ts';
import { isAway, type MadeWorld } from './made-work.ts';

/** Tells a gateway and its accounts what the hub makes of them, and lets them go once nothing needs them. */
export async function workOnGateway(world: MadeWorld, key: string, signal: AbortSignal): Promise<object> {
  const slash = key.indexOf('/');
  const gateway = world.objects.gateway(key.slice(0, slash), key.slice(slash + 1));
  if (gateway === undefined) return {};
  for (const account of world.objects.accountsOf(gateway))
    await workOnAccount(world, gateway, account, signal);
  if (gateway.metadata.deletionTimestamp !== undefined) return await leave(world, gateway, signal);
  await hold(world.client, 'Gateway', gateway, signal);
  await sayOn(world, 'Gateway', gateway, { Ready: readySaid(world, gateway, key) }, StoredGateway, signal);
  return {};
}

function readySaid({ objects, plans }: MadeWorld, gateway: StoredGateway, key: string): Said {
  const cluster = objects.cluster(clusterKeyOf(gateway));
  if (cluster === undefined)
    return ['False', 'ClusterUnknown', `there is no cluster ${gateway.spec.cluster}`];
  if (cluster.spec.agent?.key === undefined || cluster.status.id === undefined)
    return ['False', 'GATEWAY_NOT_ENROLLED', `cluster ${gateway.spec.cluster} has no agent`];
  const behind = conditionOf(cluster.status.conditions, BEHIND);
  if (behind?.status === 'True')
    return ['False', BEHIND, `change cluster ${gateway.spec.cluster} to go on: ${behind.message}`];
  const findings: readonly Finding[] = plans.get(key)?.findings ?? [];
  if (findings.length > 0) return acceptedSaid(findings);
  if (isAway(cluster)) return ['Unknown', 'AgentSilent', 'its agent is silent; machines go on as they are'];
  const bad = (cluster.status.layers ?? []).filter(
    ({ name, state }) => ['infra', 'cluster-api', 'cluster-api-aws'].includes(name) && state !== 'ready',
  );
  const told = bad.map(
    ({ name, state, code }) => `${name} is ${state}${code === undefined ? '' : ` (${code})`}`,
  );
  return bad.length === 0 ? ['True', 'Ready', ''] : ['False', 'LayersNotReady', told.join(', ')];
}

async function workOnAccount(
  world: MadeWorld,
  gateway: StoredGateway,
  account: StoredAccount,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name, deletionTimestamp } = account.metadata;
  if (deletionTimestamp === undefined) {
    await hold(world.client, 'CloudAccount', account, signal);
    const findings = world.plans.get(keyOf(namespace, gateway.metadata.name))?.accountFindings.get(name);
    if (findings !== undefined)
      await sayOn(
        world,
        'CloudAccount',
        account,
        { Accepted: acceptedSaid(findings) },
        StoredAccount,
        signal,
      );
    return;
  }
  const users = world.objects.madeWith(keyOf(namespace, name));
  const said: Said =
    users.length > 0
      ? [
          'False',
          'ACCOUNT_IN_USE',
          users.map(({ metadata }) => keyOf(metadata.namespace, metadata.name)).join(', '),
        ]
      : ['False', 'WaitingForGateway', `gateway ${gateway.metadata.name} still has it`];
  const clusterKey = clusterKeyOf(gateway);
  const last = await world.newest(clusterKey, signal);
  const place = layerPlace(accountLayerName(name), last, world.acknowledged(clusterKey));
  // Nothing is lost with credentials that a silent gateway still has: they are named for removal.
  const isFree =
    users.length === 0 &&
    (place === 'gone' || (place === 'leaving' && isAway(world.objects.cluster(clusterKey))));
  if (isFree) await release(world.client, 'CloudAccount', account, signal);
  else await sayOn(world, 'CloudAccount', account, { Removed: said }, StoredAccount, signal);
}

async function leave(world: MadeWorld, gateway: StoredGateway, signal: AbortSignal): Promise<object> {
  const accounts = world.objects.accountsOf(gateway);
  const clusterKey = clusterKeyOf(gateway);
  const last = await world.newest(clusterKey, signal);
  const cluster = world.objects.cluster(clusterKey);
  const places = (last?.layers ?? []).filter(isSystemLayer).map(({ name }) => name);
  const isUsed = accounts.length > 0 || world.objects.madeBy(gateway).length > 0;
  if (!isUsed && (places.length === 0 || cluster === undefined))
    await release(world.client, 'Gateway', gateway, signal);
  else {
    const said: Said = isUsed
      ? ['False', 'GATEWAY_IN_USE', accounts.map(({ metadata }) => `account ${metadata.name}`).join(', ')]
      : ['False', 'Removing', places.join(', ')];
    await sayOn(world, 'Gateway', gateway, { Removed: said }, StoredGateway, signal);
  }
  return {};
}

interface Reader<T> {
  parse(object: unknown): T;
}

/** Writes conditions into the status of a gateway or an account, where they differ from what was seen last. */
async function sayOn<T extends StoredGateway | StoredAccount>(
  { client, now }: MadeWorld,
  kind: 'Gateway' | 'CloudAccount',
  seen: T,
  said: Readonly<Record<string, Said>>,
  reader: Reader<T>,
  signal: AbortSignal,
): Promise<void> {
  const next = ({ status, metadata }: T) => {
    let conditions: Condition[] | undefined = status.conditions;
    for (const [type, [value, reason, message]] of Object.entries(said))
      conditions = withCondition(conditions, { type, status: value, reason, message }, now());
    return { conditions, observedGeneration: metadata.generation };
  };
  if (
    JSON.stringify(next(seen)) ===
    JSON.stringify({ conditions: seen.status.conditions, observedGeneration: seen.status.observedGeneration })
  )
    return;
  const { namespace, name } = seen.metadata;
  const change = (object: KubeObject) => next(reader.parse(object));
  await updateStatus(client, referenceTo(kind, keyOf(namespace, name)), change, signal);
}

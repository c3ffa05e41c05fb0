import type { KubeClient } from '../../../apply/client/client.ts';
import { textAt } from '../../../apply/json.ts';
import { isSkerryError } from '../../../content/error.ts';
import { INFRA_GROUP } from '../api/group.ts';
import type { SkerryAddressPoolSpec } from '../api/skerry-address-pool.ts';
import { CAPI } from '../controllers/names.ts';
import type { WatchedInfra } from '../controllers/watched-infra.ts';
import { infraError } from '../errors.ts';
import type { StaticAddress } from '../provider/machine.ts';
import { addressesOf } from './ranges.ts';

interface Addresses {
  readonly client: Pick<KubeClient, 'list' | 'create' | 'delete'>;
  readonly watched: { readonly pools: Pick<WatchedInfra['pools'], 'get'> };
  readonly namespace: string;
}

/** Who holds an address: a machine's ID, or a cluster's for its endpoint. */
const HOLDER_LABEL = `${INFRA_GROUP}/holder`;
const POOL_NAME_LABEL = `${INFRA_GROUP}/pool`;

export interface Taking {
  readonly pool: string;
  readonly holder: string;
  readonly owner: { readonly name: string; readonly namespace: string };
  /** What the holder has already, though it may be reserved no more: taken again before any other. */
  readonly has?: readonly string[] | undefined;
  /** What others have, though it may not be reserved: asked for only where an address is to be chosen. */
  readonly used: () => ReadonlySet<string>;
}

/**
 * An address of a pool for a holder, the same one however often it is asked for. Taken by creating an IPAddress that is
 * named by it: of two that want the same at once the API server refuses one. Throws ADDRESS_POOL_UNKNOWN, ADDRESSES_EXHAUSTED.
 */
export async function takeAddress(
  world: Addresses,
  { pool, holder, owner, has = [], used }: Taking,
  signal: AbortSignal,
): Promise<StaticAddress> {
  const spec = world.watched.pools.get(`${world.namespace}/${pool}`)?.spec;
  if (spec === undefined) throw infraError('ADDRESS_POOL_UNKNOWN', { subject: `pool ${pool}` });
  const { prefix, gateway, dns = [], search = [] } = spec;
  const of = (address: string): StaticAddress => ({ address, prefix, gateway, dns, search });
  const { items } = await world.client.list(selection(world, `${POOL_NAME_LABEL}=${pool}`), { signal });
  const held = items.find(({ metadata }) => metadata.labels?.[HOLDER_LABEL] === holder);
  const before = held === undefined ? undefined : textAt(held, 'spec', 'address');
  if (before !== undefined) return of(before);
  const taken = new Set([...items.map((item) => textAt(item, 'spec', 'address')), ...used()]);
  for (const address of inTurn(spec, has)) {
    if (taken.has(address)) continue;
    if (await reserve(world, { pool, address, prefix, gateway, holder, owner }, signal)) return of(address);
  }
  throw infraError('ADDRESSES_EXHAUSTED', {
    subject: `pool ${pool}`,
    detail: `${taken.size} addresses are taken`,
  });
}

function* inTurn(spec: SkerryAddressPoolSpec, first: readonly string[]): Generator<string> {
  if (first.length > 0) for (const address of addressesOf(spec)) if (first.includes(address)) yield address;
  yield* addressesOf(spec);
}

/** Gives back whatever the holder has. */
export async function releaseAddresses(world: Addresses, holder: string, signal: AbortSignal): Promise<void> {
  try {
    const { items } = await world.client.list(selection(world, `${HOLDER_LABEL}=${holder}`), { signal });
    for (const item of items) await world.client.delete(item, { signal });
  } catch (error) {
    // Without the kind there is no address to give back.
    if (!isSkerryError(error, 'KIND_UNKNOWN')) throw error;
  }
}

interface Reservation {
  readonly pool: string;
  readonly address: string;
  readonly prefix: number;
  readonly gateway: string | undefined;
  readonly holder: string;
  readonly owner: { readonly name: string; readonly namespace: string };
}

/** False when somebody else was faster. */
async function reserve(world: Addresses, wanted: Reservation, signal: AbortSignal): Promise<boolean> {
  const { pool, address, prefix, gateway, holder, owner } = wanted;
  const object = {
    apiVersion: CAPI.ipamVersion,
    kind: 'IPAddress',
    metadata: {
      name: `${pool}-${address.replace(/[.:]/g, '-')}`,
      namespace: world.namespace,
      labels: { [HOLDER_LABEL]: holder, [POOL_NAME_LABEL]: pool },
      annotations: { [`${INFRA_GROUP}/for`]: `${owner.namespace}/${owner.name}` },
    },
    spec: {
      claimRef: { name: owner.name },
      poolRef: { apiGroup: INFRA_GROUP, kind: 'SkerryAddressPool', name: pool },
      address,
      prefix,
      ...(gateway === undefined ? {} : { gateway }),
    },
  };
  try {
    await world.client.create(object, { signal });
    return true;
  } catch (error) {
    if (isSkerryError(error, 'OBJECT_CHANGED')) return false;
    throw error;
  }
}

function selection({ namespace }: Addresses, labelSelector: string) {
  return { apiVersion: CAPI.ipamVersion, kind: 'IPAddress', namespace, labelSelector };
}

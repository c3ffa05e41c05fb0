import { infraError } from '../../errors.ts';
import type { Category, Inventory, InventoryItem } from './inventory.ts';
import { resolvedPlacement, type VspherePlacement } from './placement.ts';
import type { Reference } from './soap.ts';

/** Where a machine goes, as vCenter names it. */
export interface MachinePlace {
  readonly folder: Reference;
  readonly pool: Reference;
  readonly datastore: Reference | undefined;
  readonly freeBytes: number | undefined;
  readonly network: Reference | undefined;
}

/** Looks up what a placement names. Throws PLACEMENT_UNKNOWN, NETWORK_UNKNOWN. */
export async function findPlace(
  inventory: Pick<Inventory, 'find'>,
  given: VspherePlacement,
  signal: AbortSignal,
): Promise<MachinePlace> {
  const placement = resolvedPlacement(given);
  if (placement === undefined) throw unknown('failure domain', given.failureDomain);
  const need = async (category: Category, name: string | undefined, below?: string) => {
    const found = await inventory.find(category, name, below, signal);
    if (found === undefined) throw unknown(category, name);
    return found;
  };
  const datacenter = await need('datacenter', placement.datacenter);
  const below = datacenter.path;
  const pool = await findPool(placement, need, below);
  const folder =
    placement.folder === undefined
      ? datacenter.leads
      : (await need('folder', placement.folder, below)).object;
  if (folder === undefined || pool === undefined) throw unknown('datacenter', placement.datacenter);
  const datastore =
    placement.datastore === undefined ? undefined : await need('datastore', placement.datastore, below);
  return {
    folder,
    pool,
    datastore: datastore?.object,
    freeBytes: datastore?.freeBytes,
    network:
      placement.network === undefined
        ? undefined
        : await findNetwork(inventory, placement.network, below, signal),
  };
}

type Need = (category: Category, name: string | undefined, below?: string) => Promise<InventoryItem>;

async function findPool(
  placement: VspherePlacement,
  need: Need,
  below: string,
): Promise<Reference | undefined> {
  const { resourcePool, cluster } = placement;
  if (resourcePool === undefined) return (await need('compute', cluster, below)).leads;
  const within = cluster === undefined ? below : (await need('compute', cluster, below)).path;
  return (await need('pool', resourcePool, within)).object;
}

async function findNetwork(
  inventory: Pick<Inventory, 'find'>,
  name: string,
  below: string,
  signal: AbortSignal,
): Promise<Reference> {
  const found = await inventory.find('network', name, below, signal);
  if (found === undefined) throw infraError('NETWORK_UNKNOWN', { subject: `network ${name}` });
  return found.object;
}

function unknown(category: string, name: string | undefined) {
  return infraError('PLACEMENT_UNKNOWN', { subject: name === undefined ? category : `${category} ${name}` });
}

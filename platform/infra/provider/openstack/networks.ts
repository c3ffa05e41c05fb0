import { BlockList, isIPv6 } from 'node:net';
import { z } from 'zod';
import { infraError } from '../../errors.ts';
import type { OpenStackPlacement } from './placement.ts';
import type { Services } from './services.ts';

const Network = z.object({ id: z.string(), name: z.string(), status: z.string().optional() });
const Subnet = z.object({
  id: z.string(),
  name: z.string(),
  network_id: z.string(),
  cidr: z.string(),
  allocation_pools: z.array(z.object({ start: z.string(), end: z.string() })).default([]),
});
const Group = z.object({ id: z.string(), name: z.string() });
export type Subnet = z.infer<typeof Subnet>;

/** Where a machine is put, by ids. */
export interface Place {
  readonly network: string;
  readonly subnets: readonly Subnet[];
  readonly securityGroups: readonly string[] | undefined;
}

/** Throws NETWORK_UNKNOWN. */
export async function findPlace(
  services: Services,
  placement: OpenStackPlacement,
  signal: AbortSignal,
): Promise<Place> {
  const network = await one(services, Network, 'networks', placement.network, {}, signal);
  const all = await services.list(
    'network',
    Subnet,
    { path: '/subnets', plural: 'subnets', query: { network_id: network.id } },
    signal,
  );
  const subnets = all.filter(({ id, name }) => [undefined, id, name].includes(placement.subnet));
  if (subnets.length === 0)
    throw unknown(
      placement.subnet === undefined ? `network ${placement.network}` : `subnet ${placement.subnet}`,
      'the network has no such subnet',
    );
  const { project } = await services.token(signal);
  const groups: string[] = [];
  for (const name of placement.securityGroups ?? [])
    groups.push((await one(services, Group, 'security-groups', name, { project_id: project.id }, signal)).id);
  return {
    network: network.id,
    subnets,
    securityGroups: placement.securityGroups === undefined ? undefined : groups,
  };
}

/** The subnet that an address is of. Throws NETWORK_UNKNOWN. */
export function subnetOf({ subnets }: Place, address: string): Subnet {
  const subnet = subnets.find(({ cidr }) => holds(cidr, address));
  if (subnet !== undefined) return subnet;
  throw unknown(`address ${address}`, `none of ${subnets.map(({ cidr }) => cidr).join(', ')} holds it`);
}

function holds(cidr: string, address: string): boolean {
  const [base = '', prefix] = cidr.split('/');
  const family = isIPv6(base) ? 'ipv6' : 'ipv4';
  if (isIPv6(address) !== (family === 'ipv6')) return false;
  const list = new BlockList();
  list.addSubnet(base, Number(prefix), family);
  return list.check(address, family);
}

/** The one of a name, or of an id: names are not unique, and are not guessed between. */
async function one<T extends { id: string; name: string }>(
  services: Services,
  item: z.ZodType<T>,
  collection: 'networks' | 'security-groups',
  wanted: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<T> {
  const list = { path: `/${collection}`, plural: collection.replace('-', '_') };
  const named = await services.list('network', item, { ...list, query: { ...query, name: wanted } }, signal);
  const found =
    named.length > 0
      ? named
      : await services.list('network', item, { ...list, query: { ...query, id: wanted } }, signal);
  const [only] = found;
  const subject = `${collection === 'networks' ? 'network' : 'security group'} ${wanted}`;
  if (only === undefined) throw unknown(subject, 'none of that name or id can be seen');
  if (found.length > 1) throw unknown(subject, `${found.length} have that name; name one by its id`);
  return only;
}

function unknown(subject: string, detail: string) {
  return infraError('NETWORK_UNKNOWN', { subject, detail });
}

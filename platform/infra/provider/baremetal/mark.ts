import { z } from 'zod';
import type { MachineMark, StaticAddress, WantedMachine } from '../machine.ts';

/** How a mark is written where a site keeps free text of ours beside a machine. */
const Written = z.object({
  'skerry.dev/id': z.string(),
  'skerry.dev/machine': z.string(),
  'skerry.dev/cluster': z.string(),
  'skerry.dev/cluster-id': z.string(),
  'skerry.dev/address': z.string().optional(),
  'skerry.dev/endpoint': z.string().optional(),
});

export interface Claim {
  readonly mark: MachineMark;
  /** The address of a pool that the machine was told to take. */
  readonly address: string | undefined;
  /** That of its control plane's endpoint, which it may take besides. */
  readonly endpoint: string | undefined;
}

export function writeClaim({
  mark,
  address,
  virtualAddress,
}: Pick<WantedMachine, 'mark' | 'address' | 'virtualAddress'>) {
  return {
    'skerry.dev/id': mark.id,
    'skerry.dev/machine': mark.machine,
    'skerry.dev/cluster': mark.cluster,
    'skerry.dev/cluster-id': mark.clusterId,
    ...addressOf(address),
    ...(virtualAddress === undefined ? {} : { 'skerry.dev/endpoint': virtualAddress }),
  } satisfies z.infer<typeof Written>;
}

/** Undefined for what was not written by this platform. */
export function readClaim(text: unknown): Claim | undefined {
  const { data } = Written.safeParse(text);
  if (data === undefined) return undefined;
  return {
    mark: {
      id: data['skerry.dev/id'],
      machine: data['skerry.dev/machine'],
      cluster: data['skerry.dev/cluster'],
      clusterId: data['skerry.dev/cluster-id'],
    },
    address: data['skerry.dev/address'],
    endpoint: data['skerry.dev/endpoint'],
  };
}

/** Names may change when a backup is restored under another; ids don't. */
export function isSameMark(one: MachineMark, other: MachineMark): boolean {
  return one.id === other.id && one.clusterId === other.clusterId;
}

function addressOf(address: StaticAddress | undefined) {
  return address === undefined ? {} : { 'skerry.dev/address': address.address };
}

import { createHash } from 'node:crypto';
import { givenAddresses, type MachineMark, type WantedMachine } from '../machine.ts';

/** Servers of every machine of the platform have this tag, and one more by which theirs is found. */
export const TAG = 'skerry';
/** Nova's limit for a tag. */
const MAX_TAG = 60;
/** Neutron's limit for a description, Nova's for a value of metadata. */
const MAX_TEXT = 255;

/** By what the parts of a machine are found: the tag of its server, the name of its port. */
export function keyOf({ id }: Pick<MachineMark, 'id'>): string {
  const key = `${TAG}-${id}`;
  if (key.length <= MAX_TAG && /^[\w.-]+$/.test(key)) return key;
  return `${TAG}-${createHash('sha256').update(id).digest('hex').slice(0, 40)}`;
}

const KEYS = {
  id: 'skerry-id',
  clusterId: 'skerry-cluster-id',
  cluster: 'skerry-cluster',
  machine: 'skerry-machine',
} as const;

/** What the machine was given; Nova shows addresses only once it runs, and never those of endpoints. */
const ADDRESSES = 'skerry-addresses';

export function metadataOf(
  machine: Pick<WantedMachine, 'mark' | 'address' | 'virtualAddress'>,
): Record<string, string> {
  const parts = Object.entries(KEYS).map(([part, key]) => [
    key,
    machine.mark[part as keyof typeof KEYS].slice(0, MAX_TEXT),
  ]);
  const addresses = givenAddresses(machine);
  return {
    ...Object.fromEntries(parts),
    ...(addresses.length === 0 ? {} : { [ADDRESSES]: addresses.join(' ').slice(0, MAX_TEXT) }),
  };
}

export function addressesIn(metadata: Readonly<Record<string, string>>): readonly string[] {
  return metadata[ADDRESSES]?.split(' ') ?? [];
}

export function markIn(metadata: Readonly<Record<string, string>>): MachineMark | undefined {
  const [id, clusterId] = [metadata[KEYS.id], metadata[KEYS.clusterId]];
  if (id === undefined || clusterId === undefined) return undefined;
  return { id, clusterId, cluster: metadata[KEYS.cluster] ?? '', machine: metadata[KEYS.machine] ?? '' };
}

export function isMarkOf(wanted: MachineMark, found: MachineMark | undefined): boolean {
  return found?.id === wanted.id && found.clusterId === wanted.clusterId;
}

/** The mark of a port, and when somebody was about to make a server for it: SECONDS-ANYTHING. */
export function portText(mark: MachineMark, claim: string): string {
  const end = `#${claim}`;
  const text = [TAG, mark.clusterId, mark.cluster, mark.machine].join(' ');
  return `${text.slice(0, MAX_TEXT - end.length)}${end}`;
}

const PORT_TEXT =
  /^skerry (?<clusterId>\S+) (?<cluster>\S*) (?<machine>[^#]*)#(?<seconds>\d{1,12})-[0-9a-f]+$/;

export function portMark(description: string): (Omit<MachineMark, 'id'> & { claimedAt: Date }) | undefined {
  const groups = PORT_TEXT.exec(description)?.groups;
  if (groups === undefined) return undefined;
  const { clusterId = '', cluster = '', machine = '', seconds = '' } = groups;
  return { clusterId, cluster, machine, claimedAt: new Date(Number(seconds) * 1000) };
}

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { tryJson } from '../../../../content/json.ts';
import { givenAddresses, type MachineMark, type StaticAddress, type WantedMachine } from '../machine.ts';
import { typed, value } from './soap.ts';
import { childrenOf, type Element, textOf } from './xml.ts';

/** The extra configuration by which a machine is known; all of it in one, so that half a mark can't be. */
export const MARK_KEY = 'skerry.mark';
/** Digest of what makes it boot as wanted: written with it, so that a machine that lacks any of it is seen. */
const CONTENT_KEY = 'skerry.content';
const USER_DATA = 'guestinfo.userdata';
/** Where a machine that is not a node yet puts what it wrote last, by VMware's tools (pack machine-defaults); base64. */
export const CONSOLE_KEY = 'guestinfo.skerry.console';
const MAX_CONSOLE = 64 * 1024;
/** Larger user data is packed: vCenter takes some 64 KiB for a value. */
const PLAIN_BYTES = 24 * 1024;

const Mark = z.object({
  clusterId: z.string().max(64),
  cluster: z.string().max(127),
  machine: z.string().max(253),
  id: z.string().max(200),
});
const Addresses = z.object({ addresses: z.array(z.string().max(253)).max(8) });

export function readMark(text: string | undefined): MachineMark | undefined {
  return text === undefined ? undefined : Mark.safeParse(tryJson(text)).data;
}

/** What the machine was given; nothing where its mark is of a version that did not write it. */
export function addressesInMark(text: string | undefined): readonly string[] {
  return text === undefined ? [] : (Addresses.safeParse(tryJson(text)).data?.addresses ?? []);
}

/** The extra configuration of a machine (ArrayOfOptionValue). */
export function readExtraConfig(element: Element | undefined): ReadonlyMap<string, string> {
  return new Map(
    childrenOf(element, 'OptionValue').flatMap((option) => {
      const [key, text] = [textOf(option, 'key'), textOf(option, 'value')];
      return key === undefined || text === undefined ? [] : [[key, text] as const];
    }),
  );
}

/** Whether what was written with the mark is there. */
export function hasContent(extra: ReadonlyMap<string, string>): boolean {
  const userData = extra.get(USER_DATA);
  return userData !== undefined && extra.get(CONTENT_KEY) === digestOf(userData);
}

/** What the guest wrote last, undefined where it says nothing. */
export function readConsole(extra: ReadonlyMap<string, string>): string | undefined {
  const text = extra.get(CONSOLE_KEY);
  if (text === undefined || text === '' || text.length > MAX_CONSOLE) return undefined;
  return Buffer.from(text, 'base64').toString();
}

/**
 * As elements `extraConfig` of a VirtualMachineConfigSpec: the mark, and what cloud-init's DataSourceVMware reads. The card
 * that an address is for is known by its MAC, which a machine has once it is there: until then it gets the mark alone.
 */
export function extraConfigOf(wanted: WantedMachine, mac: string | undefined): string {
  const { clusterId, cluster, machine, id } = wanted.mark;
  const addresses = givenAddresses(wanted);
  const mark = option(MARK_KEY, JSON.stringify({ id, clusterId, cluster, machine, addresses }));
  return wanted.address !== undefined && mac === undefined ? mark : mark + contentOf(wanted, mac);
}

function contentOf({ mark, userData, address }: WantedMachine, mac: string | undefined): string {
  const packed = Buffer.byteLength(userData) > PLAIN_BYTES;
  const bytes = packed ? gzipSync(userData) : Buffer.from(userData);
  const text = bytes.toString('base64');
  const options: Readonly<Record<string, string>> = {
    [CONTENT_KEY]: digestOf(text),
    [USER_DATA]: text,
    'guestinfo.userdata.encoding': packed ? 'gzip+base64' : 'base64',
    'guestinfo.metadata': Buffer.from(JSON.stringify(metadataOf(mark, address, mac))).toString('base64'),
    'guestinfo.metadata.encoding': 'base64',
    // A disk's UUID in the guest, by which storage drivers find it.
    'disk.enableUUID': 'TRUE',
  };
  return Object.entries(options)
    .map(([key, text]) => option(key, text))
    .join('');
}

/** Instance metadata; the network only where an address is given: cloud-init asks DHCP otherwise. */
function metadataOf(mark: MachineMark, address: StaticAddress | undefined, mac: string | undefined): object {
  return {
    'instance-id': mark.id,
    'local-hostname': mark.machine,
    ...(address === undefined || mac === undefined ? {} : { network: networkOf(address, mac) }),
  };
}

/**
 * Network config version 2 (cloudinit.readthedocs.io, "Networking config Version 2"), in what every distribution of
 * cloud-init can render: a card is matched by its MAC, as patterns of names are netplan's alone, and an interface with an
 * empty list of name servers is left out as a whole.
 */
function networkOf({ address, prefix, gateway, dns, search }: StaticAddress, mac: string): object {
  const family = address.includes(':') ? '::/0' : '0.0.0.0/0';
  const first = {
    match: { macaddress: mac.toLowerCase() },
    'set-name': 'eth0',
    dhcp4: false,
    dhcp6: false,
    addresses: [`${address}/${prefix}`],
    ...(gateway === undefined ? {} : { routes: [{ to: family, via: gateway }] }),
    ...(dns.length === 0
      ? {}
      : { nameservers: { addresses: dns, ...(search.length === 0 ? {} : { search }) } }),
  };
  return { version: 2, ethernets: { first } };
}

function option(key: string, text: string): string {
  const content = `<value xsi:type="xsd:string">${value('v', text).slice('<v>'.length, -'</v>'.length)}</value>`;
  return typed('extraConfig', 'OptionValue', value('key', key), content);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

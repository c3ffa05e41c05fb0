import { infraError } from '../../errors.ts';
import type { WantedMachine } from '../machine.ts';
import { extraConfigOf } from './machine-content.ts';
import type { MachinePlace } from './place.ts';
import type { VspherePlacement } from './placement.ts';
import { propertiesOf } from './properties.ts';
import type { VsphereSession } from './session.ts';
import { type Reference, reference, referenceOf, typed, value, xml } from './soap.ts';
import { childOf, type Element, textOf } from './xml.ts';

/** What of a template a clone of it may have to change, and what of a clone it is set up by. */
export interface TemplateHardware {
  readonly card:
    | { readonly key: string; readonly type: string; readonly mac: string | undefined }
    | undefined;
  readonly disk: { readonly element: Element; readonly kilobytes: number } | undefined;
  readonly snapshot: Reference | undefined;
}

export async function readHardware(
  session: VsphereSession,
  machine: Reference,
  signal: AbortSignal,
): Promise<TemplateHardware> {
  const found = await propertiesOf(session, machine, ['config.hardware.device', 'snapshot'], signal);
  const devices = found.get('config.hardware.device')?.children ?? [];
  const typeOf = ({ attributes }: Element) => attributes['xsi:type'] ?? '';
  const card = devices.find((device) => CARD.test(typeOf(device)));
  const disk = devices.find((device) => typeOf(device) === 'VirtualDisk');
  const cardKey = textOf(card, 'key');
  return {
    card:
      card === undefined || cardKey === undefined
        ? undefined
        : { key: cardKey, type: typeOf(card), mac: textOf(card, 'macAddress') },
    disk:
      disk === undefined
        ? undefined
        : { element: disk, kilobytes: Number(textOf(disk, 'capacityInKB') ?? 0) },
    snapshot: referenceOf(childOf(found.get('snapshot'), 'currentSnapshot')),
  };
}

const CARD = /^Virtual(E1000e?|Vmxnet[23]?|PCNet32|EthernetCard|SriovEthernetCard)$/;

/** VirtualMachineConfigSpec: everything that makes the machine ours and as it is wanted; `mac` of its card once it has one. */
export function configSpec(
  name: string,
  machine: WantedMachine,
  changes: readonly string[],
  mac: string | undefined,
): string {
  const { cpus, memoryMiB } = machine.shape;
  return xml(
    name,
    value('instanceUuid', machine.mark.id),
    value('annotation', `${machine.mark.cluster}: ${machine.mark.machine}, made by Skerry`),
    ...(cpus === undefined ? [] : [value('numCPUs', cpus)]),
    ...(memoryMiB === undefined ? [] : [value('memoryMB', memoryMiB)]),
    ...changes,
    extraConfigOf(machine, mac),
  );
}

/** VirtualMachineCloneSpec: off, where it belongs, with its configuration in the same call. */
export function cloneSpec(
  machine: WantedMachine,
  place: MachinePlace,
  placement: VspherePlacement,
  changes: readonly string[],
  snapshot: Reference | undefined,
): string {
  const linked = placement.linkedClone === true && snapshot !== undefined;
  const location = xml(
    'location',
    ...(place.datastore === undefined ? [] : [reference('datastore', place.datastore)]),
    ...(linked ? [value('diskMoveType', 'createNewChildDiskBacking')] : []),
    reference('pool', place.pool),
  );
  return xml(
    'spec',
    location,
    value('template', false),
    configSpec('config', machine, changes, undefined),
    value('powerOn', false),
    ...(linked ? [reference('snapshot', snapshot)] : []),
  );
}

/** Changes of devices (VirtualDeviceConfigSpec) for the network and the size of the first disk. */
export async function deviceChanges(
  session: VsphereSession,
  hardware: TemplateHardware,
  { network }: MachinePlace,
  diskGiB: number | undefined,
  signal: AbortSignal,
): Promise<string[]> {
  const changes: string[] = [];
  const { card, disk } = hardware;
  if (network !== undefined && card !== undefined) {
    const backing = await networkBacking(session, network, signal);
    changes.push(edit(typed('device', card.type, value('key', card.key), backing, CONNECTED)));
  }
  const kilobytes = (diskGiB ?? 0) * 1024 * 1024;
  if (disk !== undefined && kilobytes > disk.kilobytes) {
    const of = (name: string) => value(name, textOf(disk.element, name) ?? '');
    const backing = childOf(disk.element, 'backing');
    const file = typed(
      'backing',
      backing?.attributes['xsi:type'] ?? 'VirtualDiskFlatVer2BackingInfo',
      value('fileName', ''),
      value('diskMode', textOf(backing, 'diskMode') ?? 'persistent'),
    );
    const sized = value('capacityInKB', kilobytes);
    changes.push(
      edit(typed('device', 'VirtualDisk', of('key'), file, of('controllerKey'), of('unitNumber'), sized)),
    );
  }
  return changes;
}

const CONNECTED = xml(
  'connectable',
  value('startConnected', true),
  value('allowGuestControl', true),
  value('connected', true),
);

function edit(device: string): string {
  return xml('deviceChange', value('operation', 'edit'), device);
}

async function networkBacking(
  session: VsphereSession,
  network: Reference,
  signal: AbortSignal,
): Promise<string> {
  if (network.type !== 'DistributedVirtualPortgroup') {
    const name = (await propertiesOf(session, network, ['name'], signal)).get('name')?.text ?? '';
    return typed(
      'backing',
      'VirtualEthernetCardNetworkBackingInfo',
      value('deviceName', name),
      reference('network', network),
    );
  }
  const group = await propertiesOf(session, network, ['key', 'config.distributedVirtualSwitch'], signal);
  const dvs = referenceOf(group.get('config.distributedVirtualSwitch'));
  const uuid =
    dvs === undefined ? undefined : (await propertiesOf(session, dvs, ['uuid'], signal)).get('uuid')?.text;
  const key = group.get('key')?.text;
  if (uuid === undefined || key === undefined)
    throw infraError('NETWORK_UNKNOWN', { subject: network.value, detail: 'a port group without a switch' });
  return typed(
    'backing',
    'VirtualEthernetCardDistributedVirtualPortBackingInfo',
    xml('port', value('switchUuid', uuid), value('portgroupKey', key)),
  );
}

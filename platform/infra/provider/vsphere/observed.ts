import type { MachineShape } from '../../api/skerry-machine.ts';
import type { ObservedMachine } from '../machine.ts';
import { hasContent } from './machine-content.ts';
import type { Reference } from './soap.ts';
import { childrenOf, type Element } from './xml.ts';

/** Properties of one machine, by their paths. */
export type Properties = ReadonlyMap<string, Element>;
/** A machine of which nothing more is known yet. */
export const SHOWN = { state: 'present', isComplete: false, addresses: [], failure: undefined } as const;

/** The machine as vCenter shows it, beside the shape that it is to have. */
export function observedOf(
  object: Reference,
  properties: Properties,
  extra: ReadonlyMap<string, string>,
  { cpus, memoryMiB }: MachineShape,
): ObservedMachine {
  const is = (path: string, wanted: number | undefined) =>
    wanted === undefined || properties.get(path)?.text === String(wanted);
  const power = properties.get('runtime.powerState')?.text;
  return {
    ...SHOWN,
    reference: object.value,
    isComplete:
      hasContent(extra) && is('config.hardware.numCPU', cpus) && is('config.hardware.memoryMB', memoryMiB),
    power: power === 'poweredOn' ? 'on' : 'off',
    addresses: addressesOf(properties),
  };
}

export function addressesOf(properties: Properties): string[] {
  const first = properties.get('guest.ipAddress')?.text;
  const cards = childrenOf(properties.get('guest.net'), 'GuestNicInfo');
  const all = cards.flatMap((card) => childrenOf(card, 'ipAddress').map(({ text }) => text));
  const found = first === undefined || first === '' ? all : [first, ...all];
  return [...new Set(found)].filter((address) => !address.startsWith('fe80:')).slice(0, 8);
}

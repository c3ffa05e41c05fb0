import type { MachineShape } from '../../api/skerry-machine.ts';
import { infraError } from '../../errors.ts';
import type { Inventory } from './inventory.ts';
import type { VspherePlacement } from './placement.ts';
import type { Reference } from './soap.ts';

/** The node template of a shape, in the placement's datacenter. Throws TEMPLATE_UNKNOWN, PLACEMENT_UNKNOWN. */
export async function findTemplate(
  inventory: Pick<Inventory, 'find'>,
  { template }: MachineShape,
  { datacenter }: VspherePlacement,
  signal: AbortSignal,
): Promise<Reference> {
  const below =
    datacenter === undefined
      ? undefined
      : (await inventory.find('datacenter', datacenter, undefined, signal))?.path;
  const found = template === undefined ? undefined : await inventory.find('machine', template, below, signal);
  if (found === undefined) throw infraError('TEMPLATE_UNKNOWN', { subject: `template ${template ?? ''}` });
  return found.object;
}

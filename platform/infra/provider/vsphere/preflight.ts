import { isSkerryError } from '../../../../content/error.ts';
import type { MachineShape } from '../../api/skerry-machine.ts';
import type { Finding } from '../provider.ts';
import type { Inventory } from './inventory.ts';
import { findPlace } from './place.ts';
import { VspherePlacement } from './placement.ts';

const GIB = 1024 ** 3;
/** What a clone needs where no size is said. */
const DISK_GIB = 20;

/** What is missing in a vCenter for machines of these shapes. */
export async function missingFor(
  inventory: Inventory,
  shapes: readonly { shape: MachineShape; count: number }[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { shape, count } of shapes)
    for (const look of [templateMissing, placeMissing])
      try {
        findings.push(...(await look(inventory, shape, count, signal)));
      } catch (error) {
        if (!isSkerryError(error) || !NAMED.has(error.code)) throw error;
        const { code, subject, detail } = error;
        findings.push({ code, severity: 'error', subject, detail });
      }
  return findings;
}

const NAMED = new Set(['PLACEMENT_UNKNOWN', 'NETWORK_UNKNOWN', 'TEMPLATE_UNKNOWN']);

async function templateMissing(
  inventory: Inventory,
  { template }: MachineShape,
  _count: number,
  signal: AbortSignal,
): Promise<Finding[]> {
  const found =
    template === undefined ? undefined : await inventory.find('machine', template, undefined, signal);
  if (found !== undefined) return [];
  const subject = `template ${template ?? ''}`;
  return [{ code: 'TEMPLATE_UNKNOWN', severity: 'error', subject, detail: undefined }];
}

async function placeMissing(
  inventory: Inventory,
  { placement, diskGiB = DISK_GIB }: MachineShape,
  count: number,
  signal: AbortSignal,
): Promise<Finding[]> {
  const given = VspherePlacement.parse(placement ?? {});
  const { freeBytes } = await findPlace(inventory, given, signal);
  const needed = diskGiB * GIB * count;
  if (freeBytes === undefined || freeBytes >= needed) return [];
  // Thin disks and shared clones take less than this.
  return [
    {
      code: 'QUOTA_EXCEEDED',
      severity: 'warning',
      subject: `datastore ${given.datastore ?? ''}`,
      detail: `${Math.floor(freeBytes / GIB)} GiB free, ${diskGiB * count} GiB at most needed`,
    },
  ];
}

import { isSkerryError } from '../../../../content/error.ts';
import type { MachineShape } from '../../api/skerry-machine.ts';
import type { Finding } from '../provider.ts';
import type { Inventory } from './inventory.ts';
import { findPlace } from './place.ts';
import { VspherePlacement } from './placement.ts';
import { findTemplate } from './template.ts';

const GIB = 1024 ** 3;
/** What a clone needs where no size is said. */
const DISK_GIB = 20;

/** What is missing in a vCenter for machines of these shapes. */
export async function missingFor(
  inventory: Pick<Inventory, 'find'>,
  shapes: readonly { shape: MachineShape; count: number }[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const look = async (work: () => Promise<Finding[]>) => {
    try {
      findings.push(...(await work()));
    } catch (error) {
      if (!isSkerryError(error) || !NAMED.has(error.code)) throw error;
      const { code, subject, detail } = error;
      findings.push({ code, severity: 'error', subject, detail });
    }
  };
  for (const { shape, count } of shapes) {
    const given = VspherePlacement.parse(shape.placement ?? {});
    await look(async () => {
      await findTemplate(inventory, shape, given, signal);
      return [];
    });
    for (const place of placesOf(given))
      await look(async () => await roomMissing(inventory, place, shape, count, signal));
  }
  return findings;
}

const NAMED = new Set(['PLACEMENT_UNKNOWN', 'NETWORK_UNKNOWN', 'TEMPLATE_UNKNOWN']);

// Which failure domain a machine comes into is Cluster API's choice: what is laid over the rest may be all that names a place.
function placesOf(given: VspherePlacement): readonly VspherePlacement[] {
  const { failureDomain, failureDomains = {} } = given;
  const names = Object.keys(failureDomains);
  if (failureDomain !== undefined || names.length === 0) return [given];
  return names.map((name) => ({ ...given, failureDomain: name }));
}

async function roomMissing(
  inventory: Pick<Inventory, 'find'>,
  given: VspherePlacement,
  { diskGiB = DISK_GIB }: MachineShape,
  count: number,
  signal: AbortSignal,
): Promise<Finding[]> {
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

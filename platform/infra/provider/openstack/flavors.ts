import { z } from 'zod';
import type { MachineShape } from '../../api/skerry-machine.ts';
import { infraError } from '../../errors.ts';
import type { Services } from './services.ts';

const Flavor = z.object({
  id: z.string(),
  name: z.string(),
  vcpus: z.number(),
  /** MiB. */
  ram: z.number(),
  /** GiB; 0: only for machines with a volume, as most clouds have it. */
  disk: z.number(),
});
export type Flavor = z.infer<typeof Flavor>;

export async function listFlavors(services: Services, signal: AbortSignal): Promise<Flavor[]> {
  return await services.list('compute', Flavor, { path: '/flavors/detail', plural: 'flavors' }, signal);
}

/**
 * The flavour of a shape: the one that is named, by name or id, else the smallest that has what is asked for.
 * Throws FLAVOR_UNKNOWN.
 */
export function chooseFlavor(
  flavors: readonly Flavor[],
  shape: Pick<MachineShape, 'flavor' | 'cpus' | 'memoryMiB' | 'diskGiB'>,
  hasVolume: boolean,
): Flavor {
  const { flavor, cpus = 1, memoryMiB = 1, diskGiB = 0 } = shape;
  if (flavor !== undefined) {
    const named = flavors.find(({ name }) => name === flavor) ?? flavors.find(({ id }) => id === flavor);
    if (named !== undefined) return named;
    throw infraError('FLAVOR_UNKNOWN', {
      subject: `flavor ${flavor}`,
      detail: `there are: ${namesOf(flavors)}`,
    });
  }
  if (shape.cpus === undefined && shape.memoryMiB === undefined)
    throw infraError('FLAVOR_UNKNOWN', {
      subject: 'flavor',
      detail: 'neither a flavour nor a size is named',
    });
  const [smallest] = flavors
    .filter(
      ({ vcpus, ram, disk }) =>
        vcpus >= cpus && ram >= memoryMiB && (hasVolume || (disk > 0 && disk >= diskGiB)),
    )
    .toSorted(
      (a, b) => a.ram - b.ram || a.vcpus - b.vcpus || a.disk - b.disk || a.name.localeCompare(b.name),
    );
  if (smallest !== undefined) return smallest;
  throw infraError('FLAVOR_UNKNOWN', {
    subject: `${cpus} cpus, ${memoryMiB} MiB, ${diskGiB} GiB`,
    detail: `no flavour has that; there are: ${namesOf(flavors)}`,
  });
}

function namesOf(flavors: readonly Flavor[]): string {
  const names = flavors.map(({ name }) => name).toSorted();
  return names.length === 0 ? 'none' : names.slice(0, 20).join(', ');
}

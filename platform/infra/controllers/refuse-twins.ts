import { infraError } from '../errors.ts';
import type { OwnedMachine } from '../provider/machine.ts';
import type { CloudProvider } from '../provider/provider.ts';
import { machineId } from './machine-id.ts';
import { accountKeyOf, type StoredInfraCluster } from './stored.ts';
import type { InfraWorld } from './world.ts';

/**
 * A gateway that was lost and is installed again has the clusters, but not what it knew of their machines: it must not make
 * them once more. Throws MACHINES_LEFT.
 */
export async function refuseTwins(
  world: InfraWorld,
  provider: CloudProvider,
  cluster: StoredInfraCluster,
  signal: AbortSignal,
): Promise<void> {
  const { metadata, spec } = cluster;
  const { id } = spec.origin;
  if (world.withoutStrays.has(id)) return;
  const known = new Set([...world.watched.machines.values()].map(machineId));
  const straysIn = (owned: readonly OwnedMachine[]) =>
    owned.filter(({ mark }) => mark.clusterId === id && !known.has(mark.id));
  const key = accountKeyOf(cluster);
  let strays = straysIn(await world.inClouds.of(key, provider, signal));
  // They may have been taken away since.
  if (strays.length > 0) strays = straysIn(await world.inClouds.look(key, provider, signal));
  if (strays.length > 0)
    throw infraError('MACHINES_LEFT', {
      subject: `SkerryCluster ${metadata.namespace}/${metadata.name}`,
      detail: strays
        .map(({ name }) => name)
        .slice(0, 10)
        .join(', '),
    });
  world.withoutStrays.add(id);
}

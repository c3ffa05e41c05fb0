import { machineId } from '../controllers/machine-id.ts';
import type { InfraWorld } from '../controllers/world.ts';

type World = Pick<InfraWorld, 'inClouds' | 'watched'>;

/** What all others have by the word of clouds and of the gateway's own objects, reserved or not. */
export function usedByOthers({ inClouds, watched }: World, holder: string): ReadonlySet<string> {
  const used = inClouds.addressesBut(holder);
  for (const machine of watched.machines.values())
    if (machineId(machine) !== holder)
      for (const { type, address } of machine.status.addresses ?? [])
        if (type === 'InternalIP') used.add(address);
  for (const { spec } of watched.clusters.values())
    if (spec.controlPlaneEndpoint !== undefined) used.add(spec.controlPlaneEndpoint.host);
  return used;
}

import { textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { NAMESPACE } from '../names.ts';
import { parseQuantity } from '../terminal/units.ts';
import type { RegistryForecast } from './forecast.ts';
import type { KubeletRoom } from './kubelet-room.ts';

/** Room in the registry's volume: as the kubelet measures it, and what the claim says where it does not. */
export function registryRoom(
  claims: readonly KubeObject[],
  room: Pick<KubeletRoom, 'volumes'>,
): Omit<RegistryForecast, 'needBytes'> {
  const claim = claims.find(({ metadata: { name } }) => name.includes('registry'));
  const measured = claim && room.volumes.get(`${NAMESPACE}/${claim.metadata.name}`);
  const size =
    textAt(claim, 'status', 'capacity', 'storage') ??
    textAt(claim, 'spec', 'resources', 'requests', 'storage');
  const stated = size === undefined ? undefined : parseQuantity(size);
  // A volume that is a folder of the node has the node's whole disk, whatever was asked for.
  return {
    capacityBytes: measured?.capacity ?? stated,
    usedBytes: measured?.used,
    freeBytes: measured?.available,
  };
}

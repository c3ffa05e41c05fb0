import { pointAtCluster, pointAtWorkstation, removeAddress } from '../address/move-address.ts';
import { REGISTRY_ADDRESS } from '../names.ts';
import type { Phase } from './phase.ts';

/** The registry's address leads to the workstation, until the registry in the cluster has everything. */
export const addressAtWorkstation: Phase = {
  id: 'address-workstation',
  // The workstation of this run need not be that of the last one: until the address has moved into the cluster it is
  // set again each time.
  plan: ({ done }) => ({
    title: `Point ${REGISTRY_ADDRESS} on every node at this workstation`,
    state: done.has('address-cluster') ? 'done' : 'run',
  }),
  run: ({ client, journal, seed, signal }) =>
    pointAtWorkstation(client, seed.endpoint, journal.installation.id, signal),
  undo: ({ client, signal }) => removeAddress(client, signal),
};

/** The registry's address leads to the registry in the cluster, for good. */
export const addressInCluster: Phase = {
  id: 'address-cluster',
  plan: ({ done, mend }) => ({
    title: `Move ${REGISTRY_ADDRESS} to the registry in the cluster`,
    state: done.has('address-cluster') && !mend.has('address-cluster') ? 'done' : 'run',
  }),
  run: ({ client, journal, signal }) => pointAtCluster(client, journal.installation.id, signal),
  undo: ({ client, signal }) => removeAddress(client, signal),
};

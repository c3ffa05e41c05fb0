import type { CloudType } from '../../api/cloud-account.ts';
import { infraError } from '../errors.ts';
import type { CloudDriver } from './provider.ts';

/** Each kind of cloud is loaded by whoever has an account of it. */
const DRIVERS: Partial<Record<CloudType, () => Promise<CloudDriver>>> = {
  baremetal: async () => (await import('./baremetal/driver.ts')).bareMetalDriver,
  vsphere: async () => (await import('./vsphere/driver.ts')).vsphere,
};

/** Throws ACCOUNT_INVALID for a kind that this version does not know. */
export async function driverOf(type: CloudType): Promise<CloudDriver> {
  const load = DRIVERS[type];
  if (load === undefined)
    throw infraError('ACCOUNT_INVALID', {
      subject: `type ${type}`,
      detail: 'no such kind of cloud is known',
    });
  return await load();
}

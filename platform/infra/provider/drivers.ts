import type { CloudType } from '../../api/cloud-account.ts';
import type { CloudDriver } from './provider.ts';

/** A kind of cloud is loaded only where there is an account of it. */
const DRIVERS: Readonly<Record<CloudType, () => Promise<CloudDriver>>> = {
  aws: async () => (await import('./aws/driver.ts')).awsDriver,
  baremetal: async () => (await import('./baremetal/driver.ts')).bareMetalDriver,
  openstack: async () => (await import('./openstack/driver.ts')).openStackDriver,
  vsphere: async () => (await import('./vsphere/driver.ts')).vsphere,
};

export async function driverOf(type: CloudType): Promise<CloudDriver> {
  return await DRIVERS[type]();
}

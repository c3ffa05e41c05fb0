/** The kinds of cloud that there is a driver for. */
export const CLOUD_TYPES = ['vsphere', 'openstack', 'baremetal', 'aws'] as const;
export type CloudType = (typeof CLOUD_TYPES)[number];

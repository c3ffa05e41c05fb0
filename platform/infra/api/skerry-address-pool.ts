import { z } from 'zod';
import type { CustomResource } from '../../api/custom-resource.ts';
import { INFRA_GROUP, INFRA_VERSION } from './group.ts';

export const SkerryAddressPoolSpec = z.strictObject({
  ranges: z.array(z.string().max(100)).min(1).max(16),
  reserved: z.array(z.string().max(100)).max(64).optional(),
  prefix: z.int().min(1).max(128),
  gateway: z.string().max(50).optional(),
  dns: z.array(z.string().max(50)).max(4).optional(),
  search: z.array(z.string().max(253)).max(6).optional(),
});
export type SkerryAddressPoolSpec = z.infer<typeof SkerryAddressPoolSpec>;

/** Its addresses are given out by Cluster API's IPAddressClaim and IPAddress (ipam.cluster.x-k8s.io). */
export const SkerryAddressPool: CustomResource = {
  group: INFRA_GROUP,
  version: INFRA_VERSION,
  kind: 'SkerryAddressPool',
  plural: 'skerryaddresspools',
  singular: 'skerryaddresspool',
  shortNames: [],
  scope: 'Namespaced',
  description: 'Addresses that machines and control planes may take.',
  spec: SkerryAddressPoolSpec,
  status: z.object({ free: z.int().optional(), used: z.int().optional() }),
  columns: [
    { name: 'Used', type: 'integer', jsonPath: '.status.used' },
    { name: 'Free', type: 'integer', jsonPath: '.status.free' },
  ],
};

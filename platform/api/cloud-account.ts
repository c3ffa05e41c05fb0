import { z } from 'zod';
import type { CustomResource } from './custom-resource.ts';
import { GROUP, VERSION } from './group.ts';

const CloudAccountSpec = z
  .strictObject({
    type: z.enum(['vsphere', 'openstack', 'baremetal', 'aws']),
    endpoint: z.string().max(500).optional().meta({ description: 'Address of the cloud.' }),
    ca: z.string().max(16_384).optional().meta({ description: 'Certificates (PEM) trusted for it.' }),
    credentials: z
      .strictObject({ name: z.string().max(253) })
      .meta({ description: 'A Secret of the same project.' }),
    usableBy: z
      .array(z.string().max(63))
      .max(32)
      .optional()
      .meta({ description: 'Further projects that may make clusters with it.' }),
  })
  .meta({ description: 'Where machines may be made, and with whose rights.' });

export const CloudAccount: CustomResource = {
  group: GROUP,
  version: VERSION,
  kind: 'CloudAccount',
  plural: 'cloudaccounts',
  singular: 'cloudaccount',
  shortNames: ['account'],
  scope: 'Namespaced',
  description: 'A reference to the credentials of a cloud, and where it may be used.',
  spec: CloudAccountSpec,
  columns: [
    { name: 'Type', type: 'string', jsonPath: '.spec.type' },
    { name: 'Endpoint', type: 'string', jsonPath: '.spec.endpoint' },
  ],
};

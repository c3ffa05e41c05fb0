import { z } from 'zod';
import { CLOUD_TYPES } from './cloud-types.ts';
import { Condition } from './cluster-status.ts';
import type { CustomResource } from './custom-resource.ts';
import { GROUP, VERSION } from './group.ts';
import { AnyValue, Time } from './names.ts';

export { CLOUD_TYPES, type CloudType } from './cloud-types.ts';

export const CloudAccountSpec = z
  .strictObject({
    type: z.enum(CLOUD_TYPES),
    gateway: z.string().max(253).optional().meta({
      description: 'The gateway of the same project that reaches it; without it no machine can be made.',
    }),
    endpoint: z.string().max(500).optional().meta({ description: 'Address of the cloud.' }),
    ca: z.string().max(16_384).optional().meta({ description: 'Certificates (PEM) trusted for it.' }),
    credentials: z
      .strictObject({ name: z.string().max(253) })
      .meta({ description: 'A Secret of the same project; it is sealed for the gateway.' }),
    settings: z.record(z.string(), AnyValue).optional().meta({
      description: 'What only this kind of cloud knows: region, domain, role to assume, driver.',
    }),
    requestsPerSecond: z.int().min(1).max(1000).optional().meta({
      description: 'How often the cloud is asked at most; 10 when absent.',
    }),
    usableBy: z
      .array(z.string().max(63))
      .max(32)
      .optional()
      .meta({ description: 'Further projects that may make clusters with it.' }),
  })
  .meta({ description: 'Where machines may be made, and with whose rights.' });
export type CloudAccountSpec = z.infer<typeof CloudAccountSpec>;

/** How an account fares, as its gateway last said. */
export const AccountState = z.object({
  verified: z.boolean(),
  at: Time,
  capabilities: z.array(z.string().max(100)).max(32).optional(),
  sessions: z.int().optional(),
  lastError: z.object({ code: z.string().max(63), detail: z.string().max(500), at: Time }).optional(),
  /** Machines with the platform's mark that no object of the gateway knows. */
  orphans: z
    .array(z.object({ name: z.string().max(253), cluster: z.string().max(127), id: z.string().max(200) }))
    .max(50)
    .optional(),
});
export type AccountState = z.infer<typeof AccountState>;

export const CloudAccountStatus = z.object({
  ...AccountState.partial().shape,
  observedGeneration: z.int().optional(),
  conditions: z.array(Condition).max(16).optional(),
});

export type CloudAccountStatus = z.infer<typeof CloudAccountStatus>;

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
  status: CloudAccountStatus,
  columns: [
    { name: 'Type', type: 'string', jsonPath: '.spec.type' },
    { name: 'Endpoint', type: 'string', jsonPath: '.spec.endpoint' },
    { name: 'Verified', type: 'boolean', jsonPath: '.status.verified' },
  ],
};

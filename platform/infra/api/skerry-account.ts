import { z } from 'zod';
import { AccountState, CLOUD_TYPES } from '../../api/cloud-account.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import { AnyValue } from '../../api/names.ts';
import { INFRA_GROUP, INFRA_VERSION } from './group.ts';

/** Which CloudAccount of the hub it is. */
const AccountOrigin = z.strictObject({ project: z.string().max(63), name: z.string().max(253) });

export const SkerryAccountSpec = z.strictObject({
  origin: AccountOrigin,
  type: z.enum(CLOUD_TYPES),
  endpoint: z.string().max(500).optional(),
  ca: z.string().max(16_384).optional(),
  /** A Secret of the same namespace; what its keys are is the provider's. */
  credentials: z.strictObject({ name: z.string().max(253) }),
  settings: z.record(z.string(), AnyValue).optional(),
  requestsPerSecond: z.int().min(1).max(1000).optional(),
});
export type SkerryAccountSpec = z.infer<typeof SkerryAccountSpec>;

export const SkerryAccount: CustomResource = {
  group: INFRA_GROUP,
  version: INFRA_VERSION,
  kind: 'SkerryAccount',
  plural: 'skerryaccounts',
  singular: 'skerryaccount',
  shortNames: [],
  scope: 'Namespaced',
  description: 'An account of a cloud, as the gateway has it from the hub.',
  spec: SkerryAccountSpec,
  status: AccountState.partial(),
  columns: [
    { name: 'Type', type: 'string', jsonPath: '.spec.type' },
    { name: 'Verified', type: 'boolean', jsonPath: '.status.verified' },
  ],
};

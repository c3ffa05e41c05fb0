import { z } from 'zod';
import { Condition } from '../../api/cluster-status.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import { InfrastructureState } from '../../api/infrastructure.ts';
import { AnyValue } from '../../api/names.ts';
import { CONTRACT_LABELS, INFRA_GROUP, INFRA_VERSION } from './group.ts';

/** Which Cluster of the hub it is. `id` stays the same over restored backups of hub and gateway. */
const ClusterOrigin = z.strictObject({
  project: z.string().max(63),
  name: z.string().max(63),
  id: z.string().max(64),
});
export type ClusterOrigin = z.infer<typeof ClusterOrigin>;

export const SkerryClusterSpec = z.strictObject({
  origin: ClusterOrigin,
  /** A SkerryAccount, by namespace and name. */
  account: z.strictObject({ namespace: z.string().max(63), name: z.string().max(253) }),
  /** Filled by the gateway from `endpointPool` where it is not given (Cluster API reads it from here). */
  controlPlaneEndpoint: z.strictObject({ host: z.string().max(253), port: z.int() }).optional(),
  endpointPool: z.string().max(63).optional(),
  placement: z.record(z.string(), AnyValue).optional(),
  /** A Secret of the same namespace with the one-use token (`token`) by which the cluster's agent enrols. */
  enrollment: z.strictObject({ name: z.string().max(253) }).optional(),
});
export type SkerryClusterSpec = z.infer<typeof SkerryClusterSpec>;

export const SkerryClusterStatus = z.object({
  initialization: z.object({ provisioned: z.boolean() }).optional(),
  /** What the hub reports of it, made from Cluster API's objects and the cloud. */
  summary: InfrastructureState.optional(),
  conditions: z.array(Condition).max(16).optional(),
});
export type SkerryClusterStatus = z.infer<typeof SkerryClusterStatus>;

export const SkerryCluster: CustomResource = {
  group: INFRA_GROUP,
  version: INFRA_VERSION,
  kind: 'SkerryCluster',
  plural: 'skerryclusters',
  singular: 'skerrycluster',
  shortNames: [],
  scope: 'Namespaced',
  labels: CONTRACT_LABELS,
  description: 'The infrastructure of a cluster, beside its Cluster of Cluster API.',
  spec: SkerryClusterSpec,
  status: SkerryClusterStatus,
  columns: [
    { name: 'Account', type: 'string', jsonPath: '.spec.account.name' },
    { name: 'Phase', type: 'string', jsonPath: '.status.summary.phase' },
  ],
};

import { Alert, AlertReceiver } from './alert.ts';
import { CloudAccount } from './cloud-account.ts';
import { Cluster } from './cluster.ts';
import { ClusterProfile } from './cluster-profile.ts';
import type { CustomResource } from './custom-resource.ts';
import { Enrollment } from './enrollment.ts';
import { Gateway } from './gateway.ts';
import { PackRegistry } from './pack-registry.ts';
import { ClusterRevision } from './revision.ts';
import { Rollout } from './rollout.ts';

/** Every kind that the hub's chart adds to the Kubernetes API. A project is a namespace with the label of that name. */
export const kinds: readonly CustomResource[] = [
  ClusterProfile,
  CloudAccount,
  Gateway,
  PackRegistry,
  Cluster,
  Enrollment,
  ClusterRevision,
  Rollout,
  Alert,
  AlertReceiver,
];

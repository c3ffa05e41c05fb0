import { CloudAccount } from '../../api/cloud-account.ts';
import { Cluster } from '../../api/cluster.ts';
import { ClusterProfile } from '../../api/cluster-profile.ts';
import { Gateway } from '../../api/gateway.ts';
import { Rollout } from '../../api/rollout.ts';
import type { DataSource } from '../resources/resource.ts';
import { ObjectSource } from './object-source.ts';
import { packSource } from './pack.ts';

/** Everything that is only read. */
export function allSources(): readonly DataSource[] {
  return [
    packSource,
    new ObjectSource(ClusterProfile, 'skerry_cluster_profile'),
    new ObjectSource(Cluster, 'skerry_cluster'),
    new ObjectSource(CloudAccount, 'skerry_cloud_account'),
    new ObjectSource(Gateway, 'skerry_gateway'),
    new ObjectSource(Rollout, 'skerry_rollout'),
  ];
}

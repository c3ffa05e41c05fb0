import { kinds } from '../kinds.ts';
import type { DataSource } from '../resources/resource.ts';
import { ObjectSource } from './object-source.ts';
import { packSource } from './pack.ts';

/** Everything that is only read. */
export function allSources(): readonly DataSource[] {
  return [
    packSource,
    new ObjectSource(kinds.ClusterProfile, 'skerry_cluster_profile'),
    new ObjectSource(kinds.Cluster, 'skerry_cluster'),
    new ObjectSource(kinds.CloudAccount, 'skerry_cloud_account'),
    new ObjectSource(kinds.Gateway, 'skerry_gateway'),
    new ObjectSource(kinds.Rollout, 'skerry_rollout'),
  ];
}

import type { CloudAccountStatus } from '../../api/cloud-account.ts';
import type { ClusterSpec, ClusterStatus } from '../../api/cluster.ts';
import type { RolloutStatus } from '../../api/rollout.ts';
import type { StoredAccount, StoredCluster, StoredRollout } from '../watched/stored.ts';

/** What the rules look at. */
export interface FleetState {
  readonly clusters: readonly ClusterState[];
  readonly rollouts: readonly RolloutState[];
  readonly accounts?: readonly AccountState[] | undefined;
}

export interface ClusterState {
  readonly project: string;
  readonly name: string;
  readonly spec: ClusterSpec;
  readonly status: ClusterStatus;
}

export interface RolloutState {
  readonly project: string;
  readonly name: string;
  readonly status: RolloutStatus;
}

export interface AccountState {
  readonly project: string;
  readonly name: string;
  readonly status: CloudAccountStatus;
}

export function accountState({ metadata, status }: StoredAccount): AccountState {
  return { project: metadata.namespace, name: metadata.name, status };
}

/** Of an object that has no status yet nothing is found. */
export function clusterState({ metadata, spec, status }: StoredCluster): ClusterState | undefined {
  const { name, namespace: project, deletionTimestamp } = metadata;
  const { phase } = status;
  if (deletionTimestamp !== undefined || phase === undefined) return undefined;
  return { project, name, spec, status: { ...status, phase } };
}

export function rolloutState({ metadata, status }: StoredRollout): RolloutState | undefined {
  const { name, namespace: project } = metadata;
  return status && { project, name, status };
}

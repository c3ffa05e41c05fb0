import { z } from 'zod';
import type { KubeObject } from '../../../apply/object.ts';
import { AlertReceiverSpec } from '../../api/alert.ts';
import { CloudAccountSpec, CloudAccountStatus } from '../../api/cloud-account.ts';
import { ClusterSpec, ClusterStatus } from '../../api/cluster.ts';
import { ClusterProfileSpec } from '../../api/cluster-profile.ts';
import { EnrollmentSpec, EnrollmentStatus } from '../../api/enrollment.ts';
import { GatewaySpec, GatewayStatus } from '../../api/gateway.ts';
import { API_VERSION } from '../../api/group.ts';
import { PackRegistrySpec } from '../../api/pack-registry.ts';
import { ClusterRevisionSpec } from '../../api/revision.ts';
import { RolloutSpec, RolloutStatus } from '../../api/rollout.ts';
import { StoredMetadata } from '../../api/stored-metadata.ts';

/** Spec and metadata of a Cluster, and of its status what there is: others write some of it before the hub does. */
export const StoredCluster = z.object({
  metadata: StoredMetadata,
  spec: ClusterSpec,
  status: ClusterStatus.partial().default({}),
});
export type StoredCluster = z.infer<typeof StoredCluster>;

export const StoredRevision = z.object({ metadata: StoredMetadata, spec: ClusterRevisionSpec });
export type StoredRevision = z.infer<typeof StoredRevision>;

export const StoredEnrollment = z.object({
  metadata: StoredMetadata,
  spec: EnrollmentSpec,
  status: EnrollmentStatus.optional(),
});
export type StoredEnrollment = z.infer<typeof StoredEnrollment>;

export const StoredAccount = z.object({
  metadata: StoredMetadata,
  spec: CloudAccountSpec,
  status: CloudAccountStatus.default({}),
});
export type StoredAccount = z.infer<typeof StoredAccount>;

export const StoredGateway = z.object({
  metadata: StoredMetadata,
  spec: GatewaySpec,
  status: GatewayStatus.default({}),
});
export type StoredGateway = z.infer<typeof StoredGateway>;

export const StoredReceiver = z.object({ metadata: StoredMetadata, spec: AlertReceiverSpec });
export type StoredReceiver = z.infer<typeof StoredReceiver>;

/** Of these only the spec says anything. */
export const StoredProfile = z.object({ spec: ClusterProfileSpec }).transform(({ spec }) => spec);
export const StoredRegistry = z.object({ spec: PackRegistrySpec }).transform(({ spec }) => spec);

export const StoredRollout = z.object({
  metadata: StoredMetadata,
  spec: RolloutSpec,
  status: RolloutStatus.optional(),
});
export type StoredRollout = z.infer<typeof StoredRollout>;

/** What objects of a project are kept under. */
export function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

export function nameOfKey(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

export function referenceTo(kind: string, key: string): Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'> {
  return { apiVersion: API_VERSION, kind, metadata: nameOfKey(key) };
}

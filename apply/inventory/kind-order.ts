import type { KubeObject } from '../object.ts';

/** What others need comes first: where things live, what kinds there are, who may do what, what is configured, what runs. */
const ORDER = [
  'Namespace',
  'CustomResourceDefinition',
  'PriorityClass',
  'RuntimeClass',
  'StorageClass',
  'IngressClass',
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'Secret',
  'ConfigMap',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Service',
  'EndpointSlice',
  'PodDisruptionBudget',
  'DaemonSet',
  'Pod',
  'ReplicaSet',
  'Deployment',
  'StatefulSet',
  'Job',
  'CronJob',
  'HorizontalPodAutoscaler',
  'Ingress',
];

/** Refuse or change what is made after them, so that they come when all else is there. */
const LAST = [
  'APIService',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
];

const RANKS = new Map([
  ...ORDER.map((kind, index) => [kind, index] as const),
  ...LAST.map((kind, index) => [kind, 1000 + index] as const),
]);
/** Custom resources: after the workloads that look after them, before the admission rules. */
const CUSTOM = 500;

/** In the order of applying; equal kinds keep their order. Delete in the opposite order. */
export function inApplyOrder<T extends Pick<KubeObject, 'kind'>>(objects: readonly T[]): T[] {
  return objects.toSorted((a, b) => rankOf(a) - rankOf(b));
}

function rankOf({ kind }: Pick<KubeObject, 'kind'>): number {
  return RANKS.get(kind) ?? CUSTOM;
}

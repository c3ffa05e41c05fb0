import semver from 'semver';
import { groupOf } from '../../apply/object.ts';

/**
 * What Kubernetes serves without any feature gate, as charts ask for it (`policy/v1/PodDisruptionBudget`): group and
 * version, kinds, the first minor and the last one. From the "API Removals" page of Kubernetes and its release notes;
 * betas are off by default from 1.24 on, so only those that came before are here.
 */
const SERVED: readonly [api: string, kinds: string, since?: number, until?: number][] = [
  [
    'v1',
    'Binding ComponentStatus ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount',
  ],
  ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration ValidatingWebhookConfiguration'],
  ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding', 30],
  ['admissionregistration.k8s.io/v1', 'MutatingAdmissionPolicy MutatingAdmissionPolicyBinding', 36],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
  ['apiregistration.k8s.io/v1', 'APIService'],
  ['apps/v1', 'ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet'],
  ['authentication.k8s.io/v1', 'TokenReview'],
  ['authentication.k8s.io/v1', 'SelfSubjectReview', 28],
  [
    'authorization.k8s.io/v1',
    'LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview',
  ],
  ['autoscaling/v1', 'HorizontalPodAutoscaler'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler', 23],
  ['autoscaling/v2beta2', 'HorizontalPodAutoscaler', 12, 25],
  ['batch/v1', 'Job'],
  ['batch/v1', 'CronJob', 21],
  ['batch/v1beta1', 'CronJob', 8, 24],
  ['certificates.k8s.io/v1', 'CertificateSigningRequest', 19],
  ['coordination.k8s.io/v1', 'Lease'],
  ['discovery.k8s.io/v1', 'EndpointSlice', 21],
  ['discovery.k8s.io/v1beta1', 'EndpointSlice', 17, 24],
  ['events.k8s.io/v1', 'Event', 19],
  ['flowcontrol.apiserver.k8s.io/v1', 'FlowSchema PriorityLevelConfiguration', 29],
  ['flowcontrol.apiserver.k8s.io/v1beta2', 'FlowSchema PriorityLevelConfiguration', 23, 28],
  ['flowcontrol.apiserver.k8s.io/v1beta3', 'FlowSchema PriorityLevelConfiguration', 26, 31],
  ['networking.k8s.io/v1', 'Ingress IngressClass', 19],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
  ['networking.k8s.io/v1', 'IPAddress ServiceCIDR', 33],
  ['node.k8s.io/v1', 'RuntimeClass', 20],
  ['policy/v1', 'Eviction', 22],
  ['policy/v1', 'PodDisruptionBudget', 21],
  ['policy/v1beta1', 'PodDisruptionBudget PodSecurityPolicy', 5, 24],
  ['rbac.authorization.k8s.io/v1', 'ClusterRole ClusterRoleBinding Role RoleBinding'],
  ['resource.k8s.io/v1', 'DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice', 34],
  ['scheduling.k8s.io/v1', 'PriorityClass'],
  ['storage.k8s.io/v1', 'CSIDriver CSINode StorageClass VolumeAttachment'],
  ['storage.k8s.io/v1', 'CSIStorageCapacity', 24],
  ['storage.k8s.io/v1beta1', 'CSIStorageCapacity', 21, 26],
  ['storage.k8s.io/v1', 'VolumeAttributesClass', 34],
];

/** The groups with version, and their kinds, that Kubernetes of this version serves by itself. */
export function servedApis(version: string): string[] {
  const minor = semver.coerce(version)?.minor ?? 0;
  const served = SERVED.filter(([, , since = 0, until = Number.POSITIVE_INFINITY]) => {
    return since <= minor && minor <= until;
  });
  const apis = served.flatMap(([api, kinds]) => [api, ...kinds.split(' ').map((kind) => `${api}/${kind}`)]);
  return [...new Set(apis)];
}

/** Groups of Kubernetes itself, also those of old. */
const GROUPS = new Set([...SERVED.map(([api]) => groupOf(api)), 'extensions']);

/** Whether an API, served or not, is one of Kubernetes' own. */
export function isBuiltInApi(api: string): boolean {
  return GROUPS.has(groupOf(api.split('/').slice(0, 2).join('/')));
}

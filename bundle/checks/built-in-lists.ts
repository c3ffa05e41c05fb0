import type { ListShape } from './list-shape.ts';

type Fields = Readonly<Record<string, ListShape>>;

// Read off x-kubernetes-list-type and x-kubernetes-list-map-keys in the OpenAPI document of Kubernetes 1.34; they have
// been the same since 1.29. Lists within atomic lists, which nobody compares, are left out, and so is status.

const claims: ListShape = { fields: { claims: { keys: ['name'] } } };
const matchConditions: ListShape = { keys: ['name'] };
const metadata: ListShape = { fields: { finalizers: { isSet: true } } };

const container: Fields = {
  env: { keys: ['name'] },
  ports: { keys: ['containerPort', 'protocol'], defaults: { protocol: 'TCP' } },
  resources: claims,
  volumeDevices: { keys: ['devicePath'] },
  volumeMounts: { keys: ['mountPath'] },
};

const podSpec: ListShape = {
  fields: {
    containers: { keys: ['name'], fields: container },
    initContainers: { keys: ['name'], fields: container },
    ephemeralContainers: { keys: ['name'], fields: container },
    hostAliases: { keys: ['ip'] },
    imagePullSecrets: { keys: ['name'], defaults: { name: '' } },
    resourceClaims: { keys: ['name'] },
    resources: claims,
    schedulingGates: { keys: ['name'] },
    topologySpreadConstraints: { keys: ['topologyKey', 'whenUnsatisfiable'] },
    volumes: { keys: ['name'] },
  },
};

const template: ListShape = { fields: { metadata, spec: podSpec } };
const templated: ListShape = { fields: { template } };
const webhooks: Fields = { webhooks: { keys: ['name'], fields: { matchConditions } } };

/** Every object has metadata. */
const anyKind: Fields = { metadata };

/** By kind and group, as `Deployment.apps`; kinds of the core group as `Pod.`. */
const BY_KIND: Readonly<Record<string, Fields>> = {
  'Pod.': { spec: podSpec },
  'PodTemplate.': { template },
  'ReplicationController.': { spec: templated },
  'Service.': { spec: { fields: { ports: { keys: ['port', 'protocol'], defaults: { protocol: 'TCP' } } } } },
  'ServiceAccount.': { secrets: { keys: ['name'] } },
  'Node.': { spec: { fields: { podCIDRs: { isSet: true } } } },
  'Deployment.apps': { spec: templated },
  'DaemonSet.apps': { spec: templated },
  'ReplicaSet.apps': { spec: templated },
  'StatefulSet.apps': { spec: templated },
  'Job.batch': { spec: templated },
  'CronJob.batch': { spec: { fields: { jobTemplate: { fields: { metadata, spec: templated } } } } },
  'CSIDriver.storage.k8s.io': { spec: { fields: { volumeLifecycleModes: { isSet: true } } } },
  'CSINode.storage.k8s.io': { spec: { fields: { drivers: { keys: ['name'] } } } },
  'MutatingWebhookConfiguration.admissionregistration.k8s.io': webhooks,
  'ValidatingWebhookConfiguration.admissionregistration.k8s.io': webhooks,
  'MutatingAdmissionPolicy.admissionregistration.k8s.io': { spec: { fields: { matchConditions } } },
  'ValidatingAdmissionPolicy.admissionregistration.k8s.io': {
    spec: { fields: { matchConditions, variables: { keys: ['name'] } } },
  },
  'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io': {
    spec: { fields: { validationActions: { isSet: true } } },
  },
};

/** The shape of a built-in kind of a group; what every object has where the kind has no lists of its own. */
export function builtInShape(kind: string, group: string): ListShape {
  return { fields: { ...anyKind, ...BY_KIND[`${kind}.${group}`] } };
}

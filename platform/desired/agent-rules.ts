import { AGENT_NAME } from './agent-names.ts';
import type { PolicyRule } from './permissions.ts';

/**
 * What every agent may do in its cluster, whatever its packs are: read what it reports about and what explains why
 * something doesn't run, make namespaces, and keep Helm's records, which are Secrets in the namespaces of the layers.
 */
export const agentRules: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch', 'create', 'patch'] },
  {
    apiGroups: [''],
    resources: ['nodes', 'pods', 'events', 'persistentvolumeclaims'],
    verbs: ['get', 'list', 'watch'],
  },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  {
    apiGroups: [''],
    resources: ['secrets'],
    verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
  },
  {
    apiGroups: ['apps'],
    resources: ['deployments', 'replicasets', 'statefulsets', 'daemonsets'],
    verbs: ['get', 'list', 'watch'],
  },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list', 'watch'] },
  {
    apiGroups: ['apiextensions.k8s.io'],
    resources: ['customresourcedefinitions'],
    verbs: ['get', 'list', 'watch'],
  },
  { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['get', 'list', 'watch'] },
  // What an autoscaler has set is no drift, and without these rights any number of replicas might be an autoscaler's.
  {
    apiGroups: ['autoscaling', 'autoscaling.k8s.io', 'keda.sh'],
    resources: ['horizontalpodautoscalers', 'verticalpodautoscalers', 'scaledobjects'],
    verbs: ['get', 'list'],
  },
  // Where the cluster is a gateway: how accounts and clusters fare, and what a backup of them is made of.
  {
    apiGroups: [
      'addons.cluster.x-k8s.io',
      'bootstrap.cluster.x-k8s.io',
      'cluster.x-k8s.io',
      'controlplane.cluster.x-k8s.io',
      'infrastructure.cluster.x-k8s.io',
      'infrastructure.skerry.dev',
      'ipam.cluster.x-k8s.io',
      'runtime.cluster.x-k8s.io',
    ],
    resources: ['*'],
    verbs: ['get', 'list', 'watch'],
  },
];

/** And in its own namespace: what it remembers, its Lease, and its own Deployment, which it upgrades. */
export const ownRules: readonly PolicyRule[] = [
  {
    apiGroups: [''],
    resources: ['configmaps', 'secrets'],
    verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
  },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'create', 'update', 'patch', 'delete'],
  },
  {
    apiGroups: ['apps'],
    resources: ['deployments'],
    resourceNames: [AGENT_NAME],
    verbs: ['get', 'patch', 'update'],
  },
];

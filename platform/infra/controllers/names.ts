/** What others say to these controllers, and they to others, on objects of Kubernetes. */
export const MACHINE_FINALIZER = 'infrastructure.skerry.dev/machine';
export const CLUSTER_FINALIZER = 'infrastructure.skerry.dev/cluster';
/** On a MachineHealthCheck: how many machines it may have replaced in 24 hours. */
export const BUDGET_ANNOTATION = 'infrastructure.skerry.dev/replacements-per-day';
/** On a MachineHealthCheck that these controllers paused. */
export const PAUSED_BY_ANNOTATION = 'infrastructure.skerry.dev/budget-used-up';
/** On a SkerryMachine or SkerryCluster: `orphan` leaves the machines in the cloud when the object is deleted. */
export const DELETION_ANNOTATION = 'infrastructure.skerry.dev/deletion';
/** On a SkerryMachine or SkerryCluster: `false` only reports a machine that was switched off. */
export const POWER_ANNOTATION = 'infrastructure.skerry.dev/keep-power';

/** Of Cluster API (cluster.x-k8s.io/v1beta2). */
export const CAPI = {
  version: 'cluster.x-k8s.io/v1beta2',
  controlPlaneVersion: 'controlplane.cluster.x-k8s.io/v1beta2',
  ipamVersion: 'ipam.cluster.x-k8s.io/v1beta2',
  clusterLabel: 'cluster.x-k8s.io/cluster-name',
  controlPlaneLabel: 'cluster.x-k8s.io/control-plane',
  deploymentLabel: 'cluster.x-k8s.io/deployment-name',
  pausedAnnotation: 'cluster.x-k8s.io/paused',
} as const;
/** The pool's name for people, on a MachineDeployment. */
export const POOL_LABEL = 'infrastructure.skerry.dev/pool';

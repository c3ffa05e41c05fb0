/** A provider of Cluster API as its Go module has it, and by which names its objects go here. */
export interface ProviderModule {
  /** The folder below test/cluster/programs that pins the Go module. */
  readonly program: string;
  readonly module: string;
  /** The folder with crd/bases, webhook and rbac, in the module. */
  readonly config: string;
  /** What its names begin with, as `capi`. */
  readonly prefix: string;
  /** As Cluster API's own tools know it: label cluster.x-k8s.io/provider. */
  readonly provider: string;
  /** Which versions of its kinds keep which version of the contract: labels of its definitions. */
  readonly contracts: Readonly<Record<string, string>>;
  /** Label by which further ClusterRoles add to its rights; none when absent. */
  readonly aggregate?: string;
}

const CLUSTER_API = {
  program: 'cluster-api',
  module: 'sigs.k8s.io/cluster-api',
  contracts: { 'cluster.x-k8s.io/v1beta1': 'v1beta1', 'cluster.x-k8s.io/v1beta2': 'v1beta2' },
};

/** What the pack cluster-api is made of. */
export const clusterApiModules: readonly ProviderModule[] = [
  {
    ...CLUSTER_API,
    config: 'core/config',
    prefix: 'capi',
    provider: 'cluster-api',
    aggregate: 'cluster.x-k8s.io/aggregate-to-manager',
  },
  {
    ...CLUSTER_API,
    config: 'bootstrap/kubeadm/config',
    prefix: 'capi-kubeadm-bootstrap',
    provider: 'bootstrap-kubeadm',
  },
  {
    ...CLUSTER_API,
    config: 'controlplane/kubeadm/config',
    prefix: 'capi-kubeadm-control-plane',
    provider: 'control-plane-kubeadm',
    aggregate: 'kubeadm.controlplane.cluster.x-k8s.io/aggregate-to-manager',
  },
];

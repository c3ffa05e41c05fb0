import type { ProviderNames } from '../providers/provider-chart.ts';

/** A provider of Cluster API as its Go module has it, and by which names its objects go here. */
export interface ProviderModule {
  /** The folder below test/cluster/programs that pins the Go module. */
  readonly program: string;
  readonly module: string;
  /** The folder in the module that has its `config`. */
  readonly folder: string;
  readonly names: ProviderNames;
  /** Label by which further ClusterRoles add to its rights; none when absent. */
  readonly aggregate?: string;
}

/** What the pack cluster-api is made of. */
export const clusterApiModules: readonly ProviderModule[] = [
  {
    ...clusterApi('core', 'capi', 'cluster-api'),
    aggregate: 'cluster.x-k8s.io/aggregate-to-manager',
  },
  clusterApi('bootstrap/kubeadm', 'capi-kubeadm-bootstrap', 'bootstrap-kubeadm'),
  {
    ...clusterApi('controlplane/kubeadm', 'capi-kubeadm-control-plane', 'control-plane-kubeadm'),
    aggregate: 'kubeadm.controlplane.cluster.x-k8s.io/aggregate-to-manager',
  },
];

function clusterApi(folder: string, prefix: string, provider: string): ProviderModule {
  return {
    program: 'cluster-api',
    module: 'sigs.k8s.io/cluster-api',
    folder,
    names: {
      prefix,
      namespace: 'capi-system',
      service: `${prefix}-webhook-service`,
      provider,
      contracts: { v1beta1: 'v1beta1', v1beta2: 'v1beta2' },
    },
  };
}

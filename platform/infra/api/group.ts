/** Where the objects live by which a gateway keeps Cluster API's infrastructure contract (v1beta2). */
export const INFRA_GROUP = 'infrastructure.skerry.dev';
export const INFRA_VERSION = 'v1alpha1';
export const INFRA_API_VERSION = `${INFRA_GROUP}/${INFRA_VERSION}`;

/** Cluster API finds by it which version of a kind keeps which version of its contract. */
export const CONTRACT_LABELS = {
  'cluster.x-k8s.io/provider': 'infrastructure-skerry',
  'cluster.x-k8s.io/v1beta2': INFRA_VERSION,
} as const;

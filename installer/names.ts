/** What the installer makes in a cluster has fixed names: any workstation finds it, and an auditor too. */
export const NAMESPACE = 'skerry-system';
export const INSTALLATION = 'skerry-installation';
export const LEASE = 'skerry-installer';

/** The address that moves: one NodePort Service, first at the workstation, then at the registry in the cluster. */
export const REGISTRY_SERVICE = 'skerry-registry';
export const REGISTRY_NODE_PORT = 31999;
export const REGISTRY_PORT = 5000;
/** What nodes pull from: containerd allows plain HTTP to localhost, where every NodePort answers. */
export const REGISTRY_ADDRESS = `localhost:${REGISTRY_NODE_PORT}`;
export const WORKSTATION_SLICE = 'skerry-registry-workstation';
/** The Service that the registry’s chart brings; it leads to the registry’s pods from the start. */
export const STORE_SERVICE = 'skerry-registry-store';

export const USERS_SECRET = 'skerry-registry-users';
export const PUSH_SECRET = 'skerry-registry-push';
export const COPY_JOB = 'skerry-registry-copy';

export const LABELS = {
  'app.kubernetes.io/managed-by': 'skerry',
  'app.kubernetes.io/part-of': 'skerry',
} as const;
export const PREFLIGHT_LABEL = 'skerry.dev/preflight';

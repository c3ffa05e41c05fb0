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
/** What checkpoints are encrypted with. */
export const CHECKPOINT_KEY_SECRET = 'skerry-checkpoint-key';
export const CHECKPOINT_REPOSITORY = 'skerry/checkpoints';
export const COPY_JOB = 'skerry-registry-copy';

export const LABELS = {
  'app.kubernetes.io/managed-by': 'skerry',
  'app.kubernetes.io/part-of': 'skerry',
} as const;
/**
 * Bears the installation's id, on everything that the installer makes by itself. Only it tells what is ours: names and
 * general labels can be anybody's.
 */
export const MARK = 'skerry.dev/installation';
export const PREFLIGHT_LABEL = 'skerry.dev/preflight';

/** The policy that turns images of pods to the private registry, its binding, and the ConfigMap that it looks them up in. */
export const IMAGE_POLICY = 'skerry-images';
/** On a pod or namespace: its images stay as they are written. */
export const AS_WRITTEN_LABEL = 'skerry.dev/images-as-written';
/** Who made something passing: the identity of an installer's run. */
export const HOLDER_ANNOTATION = 'skerry.dev/holder';

/** Annotation of a definition whose objects uninstalling deletes only by its word; it says what is lost with them. */
export const GUARD = 'skerry.dev/uninstall-loses';

/**
 * Annotation that says what going back does about an object: `never` leaves it as it is, `if-missing` brings back what was
 * lost alone. On a definition it speaks of all objects of the kind.
 */
export const CHECKPOINT_RULE = 'skerry.dev/checkpoint';
/** Annotation of a definition with the fields of its objects, as `spec.agent.key`, that going back leaves as they are. */
export const CHECKPOINT_LEAVES = 'skerry.dev/checkpoint-leaves';

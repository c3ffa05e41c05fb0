import { errorTable } from '../content/error.ts';

export const applyError = errorTable({
  KUBECONFIG_INVALID: {
    means: 'The kubeconfig cannot be used.',
    remedy:
      'Give a readable kubeconfig with --kubeconfig and, if it has several, a context that it holds with --context.',
    exit: 2,
  },
  CLUSTER_UNREACHABLE: {
    means: 'The cluster does not answer.',
    remedy:
      'Check that the API server runs and can be reached from here, and that the kubeconfig names the right address.',
    exit: 4,
  },
  CLUSTER_UNAUTHORIZED: {
    means: 'The cluster does not accept these credentials.',
    remedy: 'Renew the credentials in the kubeconfig, then run the command again.',
    exit: 4,
  },
  CLUSTER_FORBIDDEN: {
    means: 'The cluster does not permit this to the user of the kubeconfig.',
    remedy:
      'Ask an administrator of the cluster for the permission named in the details, or use another kubeconfig.',
    exit: 4,
  },
  CLUSTER_ERROR: {
    means: 'The cluster answered with an error.',
    remedy: 'Read the answer in the details; if it is a server error, look at the API server and try again.',
  },
  KIND_UNKNOWN: {
    means: 'The cluster does not know this kind of object.',
    remedy:
      'Install the CustomResourceDefinition that brings it, or use a Kubernetes version that serves it.',
    exit: 4,
  },
  NAMESPACE_NOT_FOUND: {
    means: 'The namespace of this object does not exist.',
    remedy: 'Create the namespace first, or apply it together with the object.',
  },
  OBJECT_INVALID: {
    means: 'The cluster refuses this object as invalid.',
    remedy: 'Correct the field named in the details in the chart or manifest that the object comes from.',
    exit: 2,
  },
  OBJECT_REFUSED: {
    means: "The cluster's admission rules refuse this object.",
    remedy: 'Look at the quota, policy or webhook named in the details, and change it or the object.',
  },
  OBJECT_CHANGED: {
    means: 'The object was made, changed or deleted by someone else meanwhile.',
    remedy: 'Look at what changed it, then run the command again.',
  },
  APPLY_CONFLICT: {
    means: 'Fields of this object belong to another manager.',
    remedy: 'Let the manager named in the details give the fields up, or apply with force to take them over.',
  },
  MANIFESTS_UNREADABLE: {
    means: 'These manifests cannot be read.',
    remedy:
      'Correct the YAML at the place named in the details; each document needs apiVersion, kind and metadata.name.',
    exit: 2,
  },
  IMAGE_MAP_INVALID: {
    means: 'The image map cannot be read.',
    remedy: 'Give a JSON file with one object whose keys and values are image references.',
    exit: 2,
  },
  CRD_NOT_ESTABLISHED: {
    means: 'A CustomResourceDefinition was applied but the API server does not serve it.',
    remedy: 'Look at the conditions of the CustomResourceDefinition; its names may clash with another one.',
  },
  HELM_NOT_FOUND: {
    means: 'The helm program cannot be run.',
    remedy: 'Give the path of a Helm 4 program; the stick carries one.',
    exit: 2,
  },
  HELM_UNSUPPORTED: {
    means: 'This helm program has the wrong version.',
    remedy: 'Use Helm 4; the stick carries one.',
    exit: 2,
  },
  HELM_RENDER_FAILED: {
    means: 'The chart does not render.',
    remedy: 'Correct the template or the values at the place named in the details.',
    exit: 2,
  },
  HELM_FAILED: {
    means: 'Helm stopped with an error.',
    remedy: "Read helm's message in the details, correct the cause and run the command again.",
  },
  HELM_RELEASE_BUSY: {
    means: 'Helm believes that another operation on this release is under way.',
    remedy:
      'Wait until it ends. If it was killed, run the install again: it clears what was left and goes on.',
  },
  HEALTH_TIMEOUT: {
    means: 'This did not become healthy in time.',
    remedy: 'Look at the object with kubectl describe; when the cause is gone, run the same command again.',
  },
  WORKLOAD_FAILED: {
    means: 'This workload does not run.',
    remedy:
      'Look at the container and the reason in the details; when the cause is gone, run the same command again.',
  },
});

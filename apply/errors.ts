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
  CLUSTER_ANSWER_INVALID: {
    means: 'The cluster answered with what no Kubernetes API server says.',
    remedy:
      'Check that the kubeconfig leads to an API server, and whether a proxy on the way answers in its place.',
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
    remedy:
      'Install with --on-conflict keep to leave these fields as they are, or with --on-conflict take to set them to what the release says; or let the managers named in the details give them up.',
  },
  MANIFESTS_UNREADABLE: {
    means: 'These manifests cannot be read.',
    remedy:
      'Correct the YAML at the place named in the details; each document needs apiVersion, kind and metadata.name.',
    exit: 2,
  },
  IMAGE_NOT_IN_BUNDLE: {
    means: 'A component names an image that is not in the bundle.',
    remedy: 'Create the bundle again with that image in the release; nothing of the component was applied.',
    exit: 3,
  },
  CRD_NOT_ESTABLISHED: {
    means: 'A CustomResourceDefinition was applied but the API server does not serve it.',
    remedy: 'Look at the conditions of the CustomResourceDefinition; its names may clash with another one.',
  },
  CRD_CHANGE_REFUSED: {
    means: 'A CustomResourceDefinition would have to change in what Kubernetes never changes.',
    remedy:
      'The release must give the kind another name or group; in a cluster without objects of this kind, the definition can be deleted first.',
    exit: 4,
  },
  CRD_LOSES_FIELDS: {
    means:
      'A new CustomResourceDefinition would drop fields that objects in the cluster hold. Nothing was changed.',
    remedy:
      'Take the fields in the details out of the objects once what they say stands where the new version wants it, then run the command again; a release can keep such fields in its schema, or convert them with a webhook.',
    exit: 4,
  },
  CRD_REJECTS_OBJECTS: {
    means: 'Objects in the cluster do not fit a new CustomResourceDefinition. Nothing was changed.',
    remedy:
      'Change the objects in the details so that they fit the new version, or delete those that are not needed, then run the command again.',
    exit: 4,
  },
  CRD_MIGRATION_FAILED: {
    means:
      'Some objects could not be stored in another version of their kind. The old version is still there.',
    remedy:
      'Look at what refused the objects in the details, a webhook or a policy mostly, then run the command again: it goes on.',
    exit: 4,
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
  HELM_LIMIT_EXCEEDED: {
    means: 'Helm took more time or wrote more than a chart is allowed to, and was ended.',
    remedy:
      'Look for a loop in the chart’s templates, or for values that multiply; give more time with --chart-timeout if it is only slow.',
    exit: 2,
  },
  CHART_ARCHIVE_INVALID: {
    means: 'This is no chart archive that can be taken.',
    remedy:
      'Make it again with helm package: one folder with a Chart.yaml, plain files only, no links and no paths that lead out.',
    exit: 2,
  },
  SCHEMA_REFERENCE_OUTSIDE: {
    means: 'A values.schema.json refers to something outside its chart, which is never fetched.',
    remedy:
      'Copy what the reference names into the schema itself, under $defs, and refer to it as #/$defs/NAME.',
    exit: 2,
  },
  HELM_FAILED: {
    means: 'Helm stopped with an error.',
    remedy: "Read helm's message in the details, correct the cause and run the command again.",
  },
  HELM_RECORD_INVALID: {
    means: 'What Helm keeps about a release in the cluster cannot be read.',
    remedy:
      'Restore the Secret named in the details from a backup of the cluster, or delete it and install again.',
  },
  REVISION_UNKNOWN: {
    means: 'This release has no such revision.',
    remedy: 'Choose one of the revisions named in the details.',
    exit: 2,
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

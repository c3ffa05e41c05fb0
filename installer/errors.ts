import { errorTable } from '../content/error.ts';

export const installerError = errorTable({
  USAGE: {
    means: 'The command was not understood.',
    remedy: 'Look at skerry COMMAND --help.',
    exit: 2,
  },
  INTERRUPTED: {
    means: 'Stopped on request.',
    remedy: 'Run the same command again: it goes on where it stopped.',
    exit: 130,
  },
  INTERNAL: {
    means: 'Something happened that Skerry did not expect.',
    remedy: 'Run the command again; if it happens again, send the output to whoever gave you this program.',
  },
  OUTPUT_LOST: {
    means: 'What the command printed could not be written.',
    remedy: 'Make room where its output goes, or send it elsewhere; then run the command again.',
  },
  STICK_NOT_FOUND: {
    means: 'There is no stick here.',
    remedy: 'Give the folder that holds the bundle, or the bundle itself.',
    exit: 2,
  },
  STICK_AMBIGUOUS: {
    means: 'There are several bundles here.',
    remedy: 'Give the path of the one that you mean.',
    exit: 2,
  },
  PROGRAM_NOT_BUILT: {
    means: 'The skerry program for the stick is missing.',
    remedy: 'Run npm run build first, or give a program with --program.',
    exit: 2,
  },
  HOST_TOOL_MISSING: {
    means: 'A program that the installation needs is missing.',
    remedy: 'Use a complete stick, or give the program’s path.',
    exit: 2,
  },
  HOST_TOOL_MISMATCH: {
    means: 'A program on the stick is not the one that the release was signed with.',
    remedy: 'Do not use this stick: the program was replaced or damaged. Get the stick again.',
    exit: 3,
  },
  TRUST_KEY_REQUIRED: {
    means: 'Nobody has said which key to trust.',
    remedy:
      'Give the vendor’s public key with --key FILE, or with --fingerprint the one that the vendor told you by another way than the stick.',
    exit: 2,
  },
  KUBERNETES_UNSUPPORTED: {
    means: 'The release does not run on this version of Kubernetes.',
    remedy: 'Upgrade the cluster to a supported version, or use a release that supports this one.',
    exit: 4,
  },
  PERMISSION_MISSING: {
    means: 'The user of the kubeconfig may not do what the installation needs.',
    remedy: 'Use the kubeconfig of a cluster administrator, or have the missing permissions granted.',
    exit: 4,
  },
  STORAGE_CLASS_MISSING: {
    means: 'The cluster has no storage class for the private registry.',
    remedy: 'Mark a storage class as the default, or name one with --storage-class.',
    exit: 4,
  },
  SPACE_MISSING: {
    means: 'There is too little room.',
    remedy: 'Free some space, or choose a larger size.',
    exit: 4,
  },
  NODES_MISSING: {
    means: 'The cluster has no node that could run the platform.',
    remedy: 'Make a node ready (kubectl get nodes), then run the command again.',
    exit: 4,
  },
  ADDRESS_TAKEN: {
    means: 'The registry’s port on the nodes is used by another service.',
    remedy: 'Remove that service, or move it to another NodePort.',
    exit: 4,
  },
  WORKSTATION_ADDRESS_UNKNOWN: {
    means: 'It is not known under which address the nodes can reach this workstation.',
    remedy: 'Give the address with --address, or serve the bundle elsewhere and give that with --registry.',
    exit: 4,
  },
  NODE_CANNOT_REACH_WORKSTATION: {
    means: 'A node cannot pull from the registry on this workstation.',
    remedy:
      'Open the port in the firewall, give another address of this workstation with --address, or run skerry registry serve on a host that the nodes can reach and give it with --registry.',
    exit: 4,
  },
  REGISTRY_HOLDS_OTHER: {
    means: 'The registry that was given does not hold this release.',
    remedy: 'Serve the bundle of this release there: skerry registry serve --bundle PATH.',
    exit: 4,
  },
  INSTALLER_BUSY: {
    means: 'Another installer is at work on this cluster.',
    remedy: 'Wait for it to end. If it died, run the command again in half a minute.',
    exit: 4,
  },
  OTHER_RELEASE_INSTALLED: {
    means: 'Another release is installed in this cluster, or on its way.',
    remedy: 'Finish that one with its own stick, or remove it with skerry uninstall.',
    exit: 4,
  },
  NOT_INSTALLED: {
    means: 'Nothing of Skerry is installed in this cluster.',
    remedy: 'Check which cluster the kubeconfig leads to; install with skerry install STICK.',
    exit: 4,
  },
  INSTALLATION_INVALID: {
    means: 'The record of the installation cannot be read.',
    remedy: 'It was changed by hand or by another version; restore it, or use the program that wrote it.',
  },
  COPY_FAILED: {
    means: 'The content could not be copied into the cluster’s registry.',
    remedy: 'Read the details; mend the cause and run the command again, it goes on with what is missing.',
  },
  IMAGE_NOT_IN_BUNDLE: {
    means: 'A component names an image that is not in the bundle.',
    remedy: 'Create the bundle again with that image in the release; nothing of the component was applied.',
    exit: 3,
  },
  ADDRESS_NOT_MOVED: {
    means: 'The registry in the cluster did not become reachable under the registry’s address.',
    remedy:
      'Look at the registry with kubectl -n skerry-system get pods,endpointslices, then run the command again.',
  },
  NOT_CONFIRMED: {
    means: 'Nobody confirmed, so nothing was done.',
    remedy: 'Add --yes to go ahead without being asked.',
    exit: 2,
  },
});

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
    remedy: 'Run the command again; if it happens again, send the output to the vendor.',
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
    means: 'There are several releases here.',
    remedy: 'Say which one with --release VERSION, or give the path of its bundle.',
    exit: 2,
  },
  STICK_OTHER_KEY: {
    means: 'The stick has releases that are signed with another key.',
    remedy: 'Sign with the same key, or use another folder: a stick has one key.',
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
  NODE_PORT_UNANSWERED: {
    means: 'A node does not answer NodePorts on 127.0.0.1, from where it would pull its images.',
    remedy:
      'kube-proxy in nftables mode and other proxies do not. Lay down on each node the file that skerry node-config prints for it (containerd reads it at the next pull), then run the command again.',
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
  LOCK_LOST: {
    means: 'The lock on the installation was lost, so the work was stopped.',
    remedy:
      'See that nobody else is installing and that the API server answers, then run the same command again: it goes on where it stopped.',
    exit: 4,
  },
  FOREIGN_OBJECT: {
    means: 'The cluster holds things under the names of this release that this installation did not make.',
    remedy:
      'Remove or rename them, or give the words in the details to have them taken over; what is taken over may be changed, and is not deleted by uninstalling.',
    exit: 4,
  },
  DELETION_STUCK: {
    means: 'Something that was deleted does not go away.',
    remedy:
      'Bring back the controller that handles the finalizer in the details, or, if it is gone for good, clean up what it would have and take the finalizer off (kubectl edit); then run the same command again.',
  },
  PLAN_CHANGED: {
    means: 'The cluster has changed since it was said what would be done.',
    remedy: 'Run the command again, and read what it names.',
  },
  OTHER_RELEASE_INSTALLED: {
    means: 'Another release is installed in this cluster, or on its way.',
    remedy:
      'Bring a newer release of it there with skerry upgrade STICK, finish that one with its own stick, or remove it with skerry uninstall.',
    exit: 4,
  },
  UPGRADE_UNDER_WAY: {
    means: 'An upgrade of this installation is under way.',
    remedy:
      'Go on with skerry upgrade STICK, with the stick that it was begun with, or return to the release before with skerry rollback.',
    exit: 4,
  },
  UPGRADE_NOT_POSSIBLE: {
    means: 'The release cannot be reached from the one that is installed.',
    remedy:
      'Read the details; skerry upgrade STICK --plan says which releases lead there, if the stick knows.',
    exit: 4,
  },
  UPGRADE_BLOCKED: {
    means: 'Something stands against this upgrade; nothing was changed.',
    remedy: 'Mend what the plan marks with “blocks”; skerry upgrade STICK --plan says how.',
    exit: 4,
  },
  UPGRADE_TAKEN_BACK: {
    means: 'The upgrade failed, and everything was returned to the release before, which runs.',
    remedy: 'Tell the vendor what failed: the details say what, and skerry status --output json where.',
    exit: 5,
  },
  UPGRADE_ENDED: {
    means: 'The upgrade failed before it changed anything that runs; the release before goes on.',
    remedy: 'Mend the cause, which the details say, and run the same command again.',
    exit: 5,
  },
  NODE_CANNOT_PULL: {
    means: 'A node cannot pull images of the new release from the registry in the cluster.',
    remedy: 'Look at the node and at the registry (skerry status), then run the same command again.',
    exit: 4,
  },
  GATE_FAILED: {
    means: 'A component is up, but a check that the release asks for does not pass.',
    remedy: 'Look at the component with the details; the vendor knows what the check means.',
  },
  BACKUP_FAILED: {
    means: 'The backup of a component before the upgrade failed.',
    remedy: 'Look at the Job in the details; nothing was upgraded.',
  },
  NOTHING_TO_ROLL_BACK: {
    means: 'There is no upgrade that could be taken back.',
    remedy: 'Look at skerry status; only the release before the last upgrade can be returned to.',
    exit: 4,
  },
  ROLLBACK_DIFFERS: {
    means: 'The release before runs again, but not all is as it was kept in the checkpoint.',
    remedy:
      'Read the differences; what users changed meanwhile shows as one, too. Mend by hand what matters.',
  },
  SUPPORT_BUNDLE_UNWRITTEN: {
    means: 'The support bundle was collected and could not be written.',
    remedy: 'Name another place with -o, one with room that you may write to.',
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
  ADDRESS_NOT_MOVED: {
    means: 'The registry in the cluster did not become reachable under the registry’s address.',
    remedy:
      'Look at the registry with kubectl -n skerry-system get pods,endpointslices, then run the command again.',
  },
  RESOURCES_GUARDED: {
    means:
      'Objects would be deleted with the platform that nothing brings back, and their word was not given. Nothing was changed.',
    remedy: 'Keep them, or delete them too with --delete KIND.',
    exit: 2,
  },
  CLUSTER_NOT_SCRATCH: {
    means: 'The cluster may be somebody’s: a rehearsal installs and takes away at will.',
    remedy:
      'Give the kubeconfig of a cluster made for this. Allow namespaces that belong to the cluster itself with --allow-namespace; what was installed there by a rehearsal that was cut off goes with skerry uninstall.',
    exit: 4,
  },
  REHEARSAL_FAILED: {
    means: 'The two releases did not go up and down as they must.',
    remedy: 'Look at the step that is named, mend the release, and run it again.',
  },
  DRILL_FAILED: {
    means: 'At least one scenario did not end in exactly the old or exactly the new release, all healthy.',
    remedy: 'Look at the table; run one scenario again with --only ID.',
  },
  NOT_CONFIRMED: {
    means: 'Nobody confirmed, so nothing was done.',
    remedy: 'Add --yes to go ahead without being asked.',
    exit: 2,
  },
  CHECKPOINT_UNREADABLE: {
    means: 'The checkpoint cannot be read.',
    remedy:
      'Restore the Secret skerry-checkpoint-key of skerry-system if it was changed or lost, and look whether the registry is whole (skerry registry check); without its checkpoint an upgrade cannot be taken back.',
    exit: 3,
  },
  CHECKPOINT_NOT_FOUND: {
    means: 'The registry in the cluster does not hold the checkpoint.',
    remedy: 'Look whether the registry runs and still has its volume; a checkpoint lives there alone.',
    exit: 4,
  },
  RESTORE_FAILED: {
    means: 'Some objects could not be put back to what the checkpoint says.',
    remedy:
      'Mend what the details name, then run the same command again: it goes on with what is not back yet.',
    exit: 4,
  },
  IMAGE_NOT_NAMED: {
    means: 'Nothing in the release looks like this image.',
    remedy:
      'Run skerry bundle images RELEASE to see all that does; what no chart names can be named under images in the release.',
    exit: 2,
  },
});

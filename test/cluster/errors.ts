import { errorTable } from '../../content/error.ts';

export const clusterError = errorTable({
  HOST_UNFIT: {
    means: 'This machine cannot run the test cluster.',
    remedy: 'Run it on Linux (x64 or arm64) as root, or use a cluster of your own with KUBECONFIG.',
    exit: 4,
  },
  HOST_PACKAGES_MISSING: {
    means: 'Programs that the test cluster needs are not installed.',
    remedy: 'Install the packages that are named, as root, and run the same command again.',
    exit: 4,
  },
  PROGRAM_BUILD_FAILED: {
    means: 'A program could not be built.',
    remedy: 'Read the end of the output in the details; Go 1.26 and a reachable Go module proxy are needed.',
  },
  PROGRAM_CHECKSUM_MISMATCH: {
    means: 'A downloaded program is not what its publisher says it should be.',
    remedy:
      'Do not use it. Check the network for a proxy that changes downloads, then run the command again.',
    exit: 3,
  },
  CLUSTER_NAME_INVALID: {
    means: 'This is not a name for a cluster.',
    remedy: 'Use 1 to 20 lowercase letters, digits and dashes, starting with a letter.',
    exit: 2,
  },
  CLUSTER_RUNNING: {
    means: 'A cluster of this name is already running.',
    remedy: 'Stop it first (node test/cluster/main.ts down NAME) or choose another name.',
  },
  CLUSTER_UNKNOWN: {
    means: 'There is no cluster of this name.',
    remedy: 'List the clusters with: node test/cluster/main.ts list',
    exit: 2,
  },
  CLUSTER_START_FAILED: {
    means: 'The cluster did not become ready.',
    remedy: 'Read the named log; then stop the cluster and start it again.',
  },
  CLUSTER_REQUEST_FAILED: {
    means: 'The Kubernetes API refused a request of the test cluster.',
    remedy: 'Read the answer in the details.',
  },
  COMMAND_FAILED: {
    means: 'A command that the test cluster needs has failed.',
    remedy: 'Read its output in the details.',
  },
});

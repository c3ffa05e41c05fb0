import { errorTable } from '../../content/error.ts';

export const infraError = errorTable({
  ACCOUNT_INVALID: {
    means: 'The credentials or settings of a cloud account cannot be used.',
    remedy: 'Correct what the details name in the CloudAccount or its Secret.',
    exit: 2,
  },
  CREDENTIALS_REFUSED: {
    means: 'The cloud does not take the credentials of the account.',
    remedy:
      'Put valid credentials into the Secret of the CloudAccount. Machines that run are not touched until then.',
  },
  CLOUD_UNREACHABLE: {
    means: 'The cloud does not answer.',
    remedy:
      'See whether the address of the CloudAccount is reached from the gateway; it is tried again by itself.',
  },
  CLOUD_CERTIFICATE_CHANGED: {
    means: 'The certificate of the cloud is not one that the account trusts.',
    remedy: "If the change was meant, put the new certificate or its authority into the CloudAccount's ca.",
  },
  CLOUD_ANSWER_INVALID: {
    means: 'The cloud answered something that cannot be read.',
    remedy: 'See whether the address leads to the right service, and to a version that is supported.',
  },
  CLOUD_REQUEST_FAILED: {
    means: 'The cloud refused or failed a request.',
    remedy: 'See what the details say; it is tried again, less and less often.',
  },
  MACHINE_NAME_TAKEN: {
    means: 'In the cloud there is a machine of this name already, and it is not ours.',
    remedy: 'Rename or remove it, or delete the Machine so that another name is taken. It was left alone.',
  },
  MACHINE_NOT_OURS: {
    means: 'There is such a machine, but it does not carry the mark of this cluster.',
    remedy: 'Nothing was done to it. Rename or remove what stands in the way, or give back its mark.',
  },
  TEMPLATE_UNKNOWN: {
    means: 'The cloud has no such node template.',
    remedy: 'Put the template into the cloud, or name one that is there.',
  },
  PLACEMENT_UNKNOWN: {
    means: 'The cloud has nothing of a name that the placement names, or several of it.',
    remedy: 'Correct the placement of the cluster, or name the thing by its whole path.',
  },
  CLOCK_APART: {
    means: "The cloud's clock and the gateway's are too far apart.",
    remedy:
      'Set both by the same time servers: certificates of new machines are not valid yet, or no longer.',
  },
  FLAVOR_UNKNOWN: {
    means: 'The cloud has no flavour for such a machine.',
    remedy: 'Name a flavour that is there, or a size that one of them has.',
  },
  PLACEMENT_INVALID: {
    means: 'The placement of a machine cannot be used.',
    remedy: 'Correct what the details name in the placement of the cluster or pool.',
  },
  NETWORK_UNKNOWN: {
    means: 'The cloud has no such network.',
    remedy: 'Correct the placement, or make the network.',
  },
  QUOTA_EXCEEDED: {
    means: 'The cloud has no room for the machines.',
    remedy: 'Raise the quota or ask for fewer machines; it goes on by itself once there is room.',
  },
  CLOUD_PERMISSION_MISSING: {
    means: 'The account lacks a right that is needed.',
    remedy: 'Give the account the right that the details name.',
  },
  CREDENTIALS_EXPIRE: {
    means: 'The credentials of the account end soon.',
    remedy: 'Put new ones into the Secret of the CloudAccount before then.',
  },
  CLOUD_UNSUPPORTED: {
    means: 'The cloud speaks no version of its API that will do.',
    remedy: 'Upgrade the cloud; the details say which version is needed.',
  },
  MACHINE_FAILED: {
    means: 'The cloud says that the machine failed.',
    remedy: 'See what the details say; the machine is replaced if its health check says so.',
  },
  STEP_TIMEOUT: {
    means: 'The cloud did not finish a step in time.',
    remedy: 'Nothing is lost: the next look goes on from what is there. If it stays so, look at the cloud.',
  },
  MACHINE_VANISHED: {
    means: 'The machine ran, and is no longer in the cloud.',
    remedy:
      'Somebody deleted it there. Its health check replaces it; where that only reports, delete the Machine.',
  },
  MACHINE_OFF: {
    means: 'The machine was switched off in the cloud.',
    remedy: 'Switch it on there, or delete the Machine so that it is replaced.',
  },
  MACHINE_UNHEALTHY: {
    means: 'The health check of the machine failed.',
    remedy:
      'See what the details say. It is replaced as long as the replacements of the day are not used up.',
  },
  MACHINE_NOT_JOINED: {
    means: 'The machine runs, and has not become a node of its cluster.',
    remedy:
      "Look at the machine's console, whether it reaches the cluster's endpoint and the registry; the health check replaces it after its time for starting.",
  },
  MACHINES_LEFT: {
    means: 'In the cloud there are machines of this cluster that the gateway knows nothing of.',
    remedy:
      "Restore the gateway's backup, so that it knows them, or delete them in the cloud: no second cluster is made beside them.",
  },
  BOOTSTRAP_DATA_MISSING: {
    means: 'What a machine is to boot with is not there.',
    remedy: 'See why Cluster API has not made the Secret (conditions of the KubeadmConfig).',
  },
  ADDRESS_POOL_UNKNOWN: {
    means: 'The gateway has no such pool of addresses.',
    remedy: 'Name a pool that the Gateway has, or add it there.',
  },
  ADDRESSES_EXHAUSTED: {
    means: 'All addresses of the pool are taken.',
    remedy: 'Add a range to the pool of the Gateway; it goes on by itself.',
  },
  AGENT_NOT_PUSHABLE: {
    means: 'The agent cannot be put into a cluster that was made.',
    remedy: 'See what the details say; it is tried again by itself.',
  },
  INFRA_LEASE_LOST: {
    means: "The gateway's controllers had to stop, since others may have taken over.",
    remedy: 'Nothing is to be done: they begin again. If it stays so, see whether the API server is slow.',
  },
  NO_MACHINE_LEFT: {
    means: 'The site has no free machine that suits.',
    remedy: 'Add machines to the pool, or ask for fewer; it goes on by itself once one is available.',
  },
  NODE_NEEDS_CARE: {
    means: 'A machine of the site cannot be used until somebody has looked at it.',
    remedy:
      "See what the details say: look at the machine and its BMC, then bring it back with the site's tools.",
  },
});

/**
 * The addresses of one cluster. Ranges differ from cluster to cluster, so that two islands can be
 * wired together without a clash. They lie in 10.0.0.0/8, where nothing public answers.
 */
export interface AddressPlan {
  /** The link that the node shares with its workstations. */
  readonly link: string;
  readonly node: string;
  readonly pods: string;
  readonly services: string;
  /** The Service addresses of the API server and of cluster DNS. */
  readonly api: string;
  readonly dns: string;
}

export const MAX_CLUSTERS = 64;
export const MAX_WORKSTATIONS = 200;
export const LINK_PREFIX_LENGTH = 24;

/** The ranges of the cluster with this index, 0 to MAX_CLUSTERS - 1. */
export function addressPlan(index: number): AddressPlan {
  return {
    link: `10.201.${index}.0/${LINK_PREFIX_LENGTH}`,
    node: `10.201.${index}.1`,
    pods: `10.202.${index}.0/24`,
    services: `10.203.${index}.0/24`,
    api: `10.203.${index}.1`,
    dns: `10.203.${index}.10`,
  };
}

/** The address of a cluster's workstation, counted from 0. */
export function workstationAddress(index: number, workstation: number): string {
  return `10.201.${index}.${10 + workstation}`;
}

import { createHash } from 'node:crypto';

/** Helm takes no longer name of a release. */
const MAX_LAYER = 53;
const MAX_LABEL = 63;

/** Where the accounts and clusters of a project are kept in the cluster of a gateway. */
export function clustersNamespace(project: string): string {
  return fitted('clusters-', project, MAX_LABEL);
}

export function accountLayerName(account: string): string {
  return fitted('account-', account, MAX_LAYER);
}

export function machinesLayerName(project: string): string {
  return fitted('machines-', project, MAX_LAYER);
}

/** Clusters of several projects may be made by one gateway, so that the name alone is none. */
export function clusterLayerName(project: string, name: string): string {
  return `${`cluster-${name}`.slice(0, MAX_LAYER - 11)}-${hashOf(`${project}/${name}`)}`;
}

function fitted(start: string, name: string, max: number): string {
  const whole = start + name;
  return whole.length <= max ? whole : `${whole.slice(0, max - 11)}-${hashOf(name)}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}

import type { KubeObject } from '../../apply/object.ts';

/**
 * The hub may read every Secret of a project, and those who write Clusters, CloudAccounts, PackRegistries and
 * AlertReceivers may not.
 * So that none of them can have a Secret's value sent where they like, a Secret says itself what it is lent for, which
 * only they can write who may write Secrets: a label with the purpose and, for what leaves for elsewhere, an annotation
 * with the hosts that may get it.
 */
const USE_LABEL = 'skerry.dev/use';
const HOSTS_ANNOTATION = 'skerry.dev/hosts';

export type SecretUse =
  | { readonly purpose: 'variables' | 'kubeconfig' }
  /** `host` is HOST or HOST:PORT. */
  | { readonly purpose: 'registry' | 'alerts'; readonly host: string }
  /** Without a host where the kind of cloud has its addresses by itself. */
  | { readonly purpose: 'cloud'; readonly host: string | undefined };

/** Why a Secret may not be used so; undefined where it may. */
export function refusalOf({ metadata }: KubeObject, use: SecretUse): string | undefined {
  if (metadata.labels?.[USE_LABEL] !== use.purpose) return `it has no label ${USE_LABEL}=${use.purpose}`;
  // A kubeconfig names in itself where it may be sent.
  if (!('host' in use) || use.host === undefined) return undefined;
  const hosts = (metadata.annotations?.[HOSTS_ANNOTATION] ?? '').toLowerCase().split(/[\s,]+/);
  const host = use.host.toLowerCase();
  const name = host.replace(/:\d+$/, '');
  if (host !== '' && (hosts.includes(host) || hosts.includes(name))) return undefined;
  return `its annotation ${HOSTS_ANNOTATION} does not name ${use.host}`;
}

/** HOST[:PORT] of the address of a registry. */
export function registryHost(address: string): string {
  return address
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/[/?#].*$/s, '')
    .replace(/^.*@/s, '');
}

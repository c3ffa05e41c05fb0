import type { NamedAccount, NamedGateway } from '../compile/gateway/made-cluster.ts';
import {
  keyOf,
  type StoredAccount,
  type StoredCluster,
  type StoredEnrollment,
  type StoredGateway,
} from '../watched/stored.ts';
import type { Watched } from '../watched/watched.ts';

/** What is looked at. */
export type WatchedGateways = Pick<Watched, 'clusters' | 'gateways' | 'accounts' | 'enrollments'>;

/** Gateways, accounts and made clusters by what they belong to. There are few of them, so that each look is at all. */
export class GatewayObjects {
  readonly #watched: WatchedGateways;

  constructor(watched: WatchedGateways) {
    this.#watched = watched;
  }

  gateway(project: string, name: string): StoredGateway | undefined {
    return this.#watched.gateways.get(keyOf(project, name));
  }

  account(project: string, name: string): StoredAccount | undefined {
    return this.#watched.accounts.get(keyOf(project, name));
  }

  cluster(key: string): StoredCluster | undefined {
    return this.#watched.clusters.get(key)?.stored;
  }

  /** The gateway that a cluster's agent is; the oldest where several say so. */
  gatewayOf(clusterKey: string): StoredGateway | undefined {
    return [...this.#watched.gateways.values()]
      .filter((gateway) => clusterKeyOf(gateway) === clusterKey)
      .toSorted((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp))[0];
  }

  /** The accounts that name a gateway, by name. */
  accountsOf({ metadata }: StoredGateway): StoredAccount[] {
    return [...this.#watched.accounts.values()]
      .filter(
        ({ metadata: own, spec }) => own.namespace === metadata.namespace && spec.gateway === metadata.name,
      )
      .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }

  /** The clusters that are made with the accounts of a gateway, by project and name. */
  madeBy(gateway: StoredGateway): StoredCluster[] {
    const accounts = new Set(
      this.accountsOf(gateway).map(({ metadata }) => keyOf(metadata.namespace, metadata.name)),
    );
    return this.made().filter((cluster) => accounts.has(accountKeyOf(cluster) ?? ''));
  }

  madeWith(accountKey: string): StoredCluster[] {
    return this.made().filter((cluster) => accountKeyOf(cluster) === accountKey);
  }

  /** Every cluster that is to be made. */
  made(): StoredCluster[] {
    return [...this.#watched.clusters.values()]
      .flatMap(({ stored }) => (stored?.spec.provision === undefined ? [] : [stored]))
      .toSorted((a, b) => (keyOfCluster(a) < keyOfCluster(b) ? -1 : 1));
  }

  /** The gateway that makes a cluster, where there is one. */
  makerOf(cluster: StoredCluster): StoredGateway | undefined {
    const account = this.#watched.accounts.get(accountKeyOf(cluster) ?? '');
    if (account?.spec.gateway === undefined) return undefined;
    return this.gateway(account.metadata.namespace, account.spec.gateway);
  }

  enrollments(clusterKey: string): StoredEnrollment[] {
    return [...this.#watched.enrollments.values()].filter(
      ({ metadata, spec }) => keyOf(metadata.namespace, spec.cluster) === clusterKey,
    );
  }
}

/** The managed cluster whose agent a gateway is. */
export function clusterKeyOf({ metadata, spec }: Pick<StoredGateway, 'metadata' | 'spec'>): string {
  return keyOf(metadata.namespace, spec.cluster);
}

export function keyOfCluster({ metadata }: Pick<StoredCluster, 'metadata'>): string {
  return keyOf(metadata.namespace, metadata.name);
}

/** The account that a cluster is made with; undefined for one that is not made. */
function accountKeyOf({ metadata, spec }: StoredCluster): string | undefined {
  const { provision } = spec;
  return provision && keyOf(provision.accountProject ?? metadata.namespace, provision.account);
}

export function namedGateway({ metadata, spec }: StoredGateway): NamedGateway {
  const { namespace: project, name, deletionTimestamp } = metadata;
  return { project, name, spec, isLeaving: deletionTimestamp !== undefined };
}

export function namedAccount({ metadata, spec }: StoredAccount): NamedAccount {
  const { namespace: project, name, deletionTimestamp } = metadata;
  return { project, name, spec, isLeaving: deletionTimestamp !== undefined };
}

import { nameOfKey } from '../watched/stored.ts';
import type { WatchedCluster } from '../watched/watched-cluster.ts';
import type { WatchedKind } from '../watched/watched-kind.ts';
import type { ClusterName, FleetMember, FleetView } from './ports.ts';

/** All clusters by the keys of their agents. */
export class WatchedFleet implements FleetView {
  readonly #clusters: Pick<WatchedKind<WatchedCluster>, 'get'>;
  /** Who a key speaks for, as `project/name`. */
  readonly #byKey = new Map<string, string>();
  readonly #listeners = new Set<(cluster: ClusterName) => void>();

  constructor(clusters: Pick<WatchedKind<WatchedCluster>, 'get' | 'subscribe'>) {
    this.#clusters = clusters;
    clusters.subscribe((key, before, now) => this.#change(key, before, now));
  }

  cluster({ project, name }: ClusterName): FleetMember | undefined {
    return this.#member(`${project}/${name}`);
  }

  byKey(key: string): FleetMember | undefined {
    const cluster = this.#byKey.get(key);
    return cluster === undefined ? undefined : this.#member(cluster);
  }

  onChange(listener: (cluster: ClusterName) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #member(cluster: string): FleetMember | undefined {
    const found = this.#clusters.get(cluster);
    if (found === undefined) return undefined;
    const { namespace, name } = nameOfKey(cluster);
    return { project: namespace, name, key: found.key, id: found.id };
  }

  #change(cluster: string, before: WatchedCluster | undefined, now: WatchedCluster | undefined): void {
    if (before !== undefined && now !== undefined && before.key === now.key && before.id === now.id) return;
    if (before?.key !== undefined && this.#byKey.get(before.key) === cluster) this.#byKey.delete(before.key);
    if (now?.key !== undefined) this.#byKey.set(now.key, cluster);
    const { namespace, name } = nameOfKey(cluster);
    for (const listener of this.#listeners) listener({ project: namespace, name });
  }
}

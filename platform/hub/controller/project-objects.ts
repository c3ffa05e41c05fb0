import type { ClusterProfileSpec } from '../../api/cluster-profile.ts';
import type { PackRegistrySpec } from '../../api/pack-registry.ts';
import type { RevisionSummary } from '../watched/revision-summary.ts';
import { keyOf, type StoredCluster, type StoredRollout } from '../watched/stored.ts';
import type { Watched } from '../watched/watched.ts';

/** What the controllers look at. */
export type WatchedObjects = Pick<
  Watched,
  'clusters' | 'profiles' | 'registries' | 'revisions' | 'rollouts' | 'listed'
>;

export interface ProjectListener {
  /** A cluster is to be looked at again. */
  readonly onCluster: (key: string, isOwn: boolean) => void;
  readonly onRevision: (clusterKey: string) => void;
  readonly onRollout: (key: string) => void;
}

/** The watched objects by what they belong to: a project, or a cluster. */
export class ProjectObjects {
  readonly #watched: WatchedObjects;
  /** Keys of clusters and of rollouts, and revisions, by namespace or cluster. */
  readonly #clusterKeys = new Groups();
  readonly #rolloutKeys = new Groups();
  readonly #revisionKeys = new Groups();

  constructor(watched: WatchedObjects) {
    this.#watched = watched;
  }

  /** Puts the objects in order, those that there are and those that come, and says what each means. */
  follow({ onCluster, onRevision, onRollout }: ProjectListener): void {
    const watched = this.#watched;
    watched.profiles.subscribe((key) => {
      for (const cluster of this.#clusterKeys.get(namespaceOf(key)))
        if (this.#uses(cluster, key)) onCluster(cluster, false);
    });
    watched.registries.subscribe((key) => {
      for (const cluster of this.#clusterKeys.get(namespaceOf(key))) onCluster(cluster, false);
    });
    watched.revisions.subscribe((key, before, now) => {
      const cluster = keyOf(namespaceOf(key), now?.cluster ?? before?.cluster ?? '');
      this.#revisionKeys.set(cluster, key, now !== undefined);
      onCluster(cluster, false);
      onRevision(cluster);
    });
    watched.rollouts.subscribe((key, _, now) => {
      this.#rolloutKeys.set(namespaceOf(key), key, now !== undefined);
      onRollout(key);
    });
    watched.clusters.subscribe((key, before, now) => {
      // One that was never readable is as good as none.
      if (before?.stored === now?.stored) return;
      this.#clusterKeys.set(namespaceOf(key), key, now?.stored !== undefined);
      onCluster(key, true);
      for (const rollout of this.#rolloutKeys.get(namespaceOf(key))) onRollout(rollout);
    });
  }

  /** Settled once all kinds were listed. */
  async listed(): Promise<void> {
    await this.#watched.listed;
  }

  cluster(key: string): StoredCluster | undefined {
    return this.#watched.clusters.get(key)?.stored;
  }

  /** Keys of the clusters of all projects. */
  allClusters(): string[] {
    return [...this.#watched.clusters.entries()].map(([key]) => key);
  }

  clusters(namespace: string): StoredCluster[] {
    return [...this.#clusterKeys.get(namespace)].flatMap((key) => this.cluster(key) ?? []);
  }

  rollout(key: string): StoredRollout | undefined {
    return this.#watched.rollouts.get(key);
  }

  rollouts(namespace: string): StoredRollout[] {
    return [...this.#rolloutKeys.get(namespace)].flatMap((key) => this.rollout(key) ?? []);
  }

  /** Keys of the rollouts of a cluster's project. */
  rolloutKeys(clusterKey: string): ReadonlySet<string> {
    return this.#rolloutKeys.get(namespaceOf(clusterKey));
  }

  revisions(clusterKey: string): RevisionSummary[] {
    return [...this.#revisionKeys.get(clusterKey)].flatMap((key) => this.#watched.revisions.get(key) ?? []);
  }

  profile(namespace: string, objectName: string): ClusterProfileSpec | undefined {
    return this.#watched.profiles.get(keyOf(namespace, objectName));
  }

  registries(namespace: string): ReadonlyMap<string, PackRegistrySpec> {
    const start = `${namespace}/`;
    const found = [...this.#watched.registries.entries()].filter(([key]) => key.startsWith(start));
    return new Map(found.map(([key, spec]) => [key.slice(start.length), spec]));
  }

  #uses(clusterKey: string, profileKey: string): boolean {
    const profiles = this.cluster(clusterKey)?.spec.profiles ?? [];
    return profiles.some(({ name, version }) => profileKey.endsWith(`/${name}-${version}`));
  }
}

/** Keys by what they belong to. */
class Groups {
  readonly #groups = new Map<string, Set<string>>();

  get(group: string): ReadonlySet<string> {
    return this.#groups.get(group) ?? NONE;
  }

  set(group: string, key: string, isIn: boolean): void {
    const keys = this.#groups.get(group) ?? new Set();
    if (isIn) keys.add(key);
    else keys.delete(key);
    if (keys.size === 0) this.#groups.delete(group);
    else this.#groups.set(group, keys);
  }
}

const NONE: ReadonlySet<string> = new Set();

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

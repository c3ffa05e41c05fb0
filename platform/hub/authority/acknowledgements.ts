import type { KubeClient } from '../../../apply/client/client.ts';
import { mapLimited } from '../../../content/limit.ts';
import { Cluster } from '../../api/cluster.ts';
import { API_VERSION } from '../../api/group.ts';
import { envelopeOf, readRevision } from '../controller/revisions.ts';
import { StoredCluster } from '../watched/stored.ts';
import { knowsLatest, type LatestAuthority } from './rotation.ts';

/** A cluster whose agent would lose its hub if only the latest authority were left. */
export interface WaitingCluster {
  readonly project: string;
  readonly name: string;
  /** The agent is silent; it learns of the next authority when it comes back. */
  readonly offline: boolean;
  readonly reason: string;
}

export interface Acknowledged {
  /** Clusters that have an agent. */
  readonly total: number;
  readonly acknowledged: number;
  readonly waiting: readonly WaitingCluster[];
}

const WIDTH = 8;

/** Which agents know the latest authority: those that hold an envelope which names it. */
export class Acknowledgements {
  readonly #client: Pick<KubeClient, 'list' | 'get'>;
  /** Digests of envelopes that name it: they need not be read again. */
  #known = new Set<string>();
  #latest = '';

  constructor(client: Pick<KubeClient, 'list' | 'get'>) {
    this.#client = client;
  }

  /** Reads all clusters. Throws the CLUSTER_ codes. */
  async read(latest: LatestAuthority, signal: AbortSignal): Promise<Acknowledged> {
    this.#expect(latest);
    const { items } = await this.#client.list({ apiVersion: API_VERSION, kind: Cluster.kind }, { signal });
    const enrolled = items
      .flatMap((item) => StoredCluster.safeParse(item).data ?? [])
      .filter(({ spec }) => spec.agent?.key !== undefined);
    const reasons = await mapLimited(
      enrolled,
      WIDTH,
      async (cluster) => await this.#missing(cluster, latest, signal),
    );
    const waiting = enrolled.flatMap(({ metadata: { namespace, name }, status }, index) => {
      const reason = reasons[index];
      return reason === undefined
        ? []
        : [{ project: namespace, name, offline: status.phase === 'Unknown', reason }];
    });
    return { total: enrolled.length, acknowledged: enrolled.length - waiting.length, waiting };
  }

  /** Why the agent does not know it yet; undefined where it does. */
  async #missing(
    { metadata: { namespace, name }, status: { held } }: StoredCluster,
    latest: LatestAuthority,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (held === undefined || held.number === 0) return 'its agent holds no envelope yet';
    if (this.#known.has(held.digest)) return undefined;
    const revision = await readRevision(this.#client, namespace, `${name}-${held.number}`, signal);
    if (revision?.spec.digest !== held.digest)
      return `the hub no longer has envelope ${held.number}, which it holds`;
    if (!knowsLatest(envelopeOf(revision).hub, latest))
      return `envelope ${held.number}, which it holds, is older`;
    this.#known.add(held.digest);
    return undefined;
  }

  #expect({ certificate, key }: LatestAuthority): void {
    const latest = certificate + key;
    if (latest !== this.#latest) this.#known = new Set();
    this.#latest = latest;
  }
}

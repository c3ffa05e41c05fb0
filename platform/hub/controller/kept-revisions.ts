import type { KubeClient } from '../../../apply/client/client.ts';
import { isSkerryError } from '../../../content/error.ts';
import { tryJson } from '../../../content/json.ts';
import { digestOf } from '../../desired/dsse.ts';
import type { Envelope } from '../../desired/envelope.ts';
import { Signed } from '../../desired/message.ts';
import type { ClusterName, Revision, Revisions } from '../door/ports.ts';
import { keyOf, nameOfKey } from '../watched/stored.ts';
import type { KeptEnvelopes } from './kept-envelopes.ts';
import type { ProjectObjects } from './project-objects.ts';
import { ADOPTED, createRevision, newestFirst, readRevision } from './revisions.ts';

export interface KeptRevisionsOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace' | 'delete'>;
  readonly objects: Pick<ProjectObjects, 'listed' | 'cluster' | 'revisions'>;
  readonly envelopes: Pick<KeptEnvelopes, 'read'>;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** The envelopes as ClusterRevisions keep them, for the agents' door. */
export class KeptRevisions implements Revisions {
  readonly #options: KeptRevisionsOptions;
  readonly #listeners = new Set<(cluster: ClusterName) => void>();

  constructor(options: KeptRevisionsOptions) {
    this.#options = options;
  }

  async current({ project, name }: ClusterName): Promise<Revision | undefined> {
    // Before all were listed, any agent would seem to hold more than the hub knows.
    await this.#options.objects.listed();
    const revisions = this.#options.objects.revisions(keyOf(project, name));
    const released = newestFirst(revisions).find((found) => found.released);
    return released && { number: released.number, digest: released.digest };
  }

  async signed({ project, name }: ClusterName, { digest }: Revision): Promise<Signed | undefined> {
    const { objects, envelopes, signal } = this.#options;
    const known = objects.revisions(keyOf(project, name)).find((found) => found.digest === digest);
    const text = known && (await envelopes.read(project, known, signal));
    return text === undefined ? undefined : Signed.parse(tryJson(text));
  }

  async adopt({ project, name }: ClusterName, signed: Signed, envelope: Envelope): Promise<void> {
    const { client, objects, now, signal } = this.#options;
    await objects.listed();
    const cluster = objects.cluster(keyOf(project, name));
    if (cluster === undefined) return;
    const { number } = envelope;
    const digest = digestOf(signed);
    const own = await readRevision(client, project, `${name}-${number}`, signal);
    if (own?.spec.digest === digest) return;
    // Another envelope of this number was made here since the backup; both are kept, and the agent's counts.
    const objectName = own === undefined ? `${name}-${number}` : `${name}-${number}-${ADOPTED}`;
    const at = now().toISOString();
    const spec = {
      cluster: name,
      number,
      digest,
      envelope: JSON.stringify(signed),
      cause: ADOPTED,
      releasedAt: at,
    };
    try {
      await createRevision(client, cluster, spec, signal, objectName);
    } catch (error) {
      if (!isSkerryError(error, 'OBJECT_CHANGED')) throw error;
    }
  }

  onChange(listener: (cluster: ClusterName) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The revisions of a cluster changed. */
  changed(clusterKey: string): void {
    const { namespace, name } = nameOfKey(clusterKey);
    for (const listener of this.#listeners) listener({ project: namespace, name });
  }
}

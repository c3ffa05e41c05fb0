import { LRUCache } from 'lru-cache';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { RevisionSummary } from '../watched/revision-summary.ts';
import { readRevision } from './revisions.ts';

/** Far more than a fleet of a thousand clusters with small envelopes needs; of large ones the latest stay. */
const LIMIT_BYTES = 16 * 1024 * 1024;

type Which = Pick<RevisionSummary, 'name' | 'digest'>;

/** Signed envelopes of revisions, as text: what is in a revision never changes, so each is read once. */
export class KeptEnvelopes {
  readonly #client: Pick<KubeClient, 'get'>;
  readonly #texts = new LRUCache<string, string>({ maxSize: LIMIT_BYTES });

  constructor(client: Pick<KubeClient, 'get'>) {
    this.#client = client;
  }

  /** Undefined when there is no such revision any more. */
  async read(namespace: string, which: Which, signal: AbortSignal): Promise<string | undefined> {
    const known = this.#texts.get(idOf(namespace, which));
    if (known !== undefined) return known;
    const stored = await readRevision(this.#client, namespace, which.name, signal);
    if (stored === undefined) return undefined;
    const { digest, envelope } = stored.spec;
    this.keep(namespace, { name: which.name, digest }, envelope);
    return digest === which.digest ? envelope : undefined;
  }

  /** What was just written need not be read. */
  keep(namespace: string, which: Which, text: string): void {
    this.#texts.set(idOf(namespace, which), text, { size: text.length });
  }
}

// A cluster that was deleted and made again has other envelopes under the same names.
function idOf(namespace: string, { name, digest }: Which): string {
  return `${namespace}/${name} ${digest}`;
}

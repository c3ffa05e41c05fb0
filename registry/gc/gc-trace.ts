import type { Digest } from '../../content/digest.ts';
import type { AuditEntry } from '../audit/audit.ts';
import type { ServedStore } from '../store/served-store.ts';
import type { GcEvent } from './gc-event.ts';

interface Planned {
  readonly repository: string;
  readonly digest: Digest;
  readonly tags: readonly string[];
  readonly why: string;
}

/** So many manifests are named; further ones are counted. */
const MAX_NAMED = 1000;

/** Follows a collection, to write down what it took; also of one that was cut off. */
export class GcTrace {
  readonly #store: ServedStore;
  readonly #planned: Planned[] = [];
  #taken = { manifests: 0, blobs: 0, files: 0, bytes: 0 };

  constructor(store: ServedStore) {
    this.#store = store;
  }

  add(event: GcEvent): void {
    if (event.type === 'going') this.#plan(event);
    if (event.type !== 'progress' && event.type !== 'done') return;
    const { manifests, blobs, bytes } = event;
    const files = event.type === 'done' ? event.files : this.#taken.files;
    this.#taken = { manifests, blobs, files, bytes };
  }

  /** What was taken so far. */
  get taken(): { manifests: number; blobs: number; files: number; bytes: number } {
    return this.#taken;
  }

  /** A line for each manifest, and one for all. None when nothing was taken. */
  entries(by: string | undefined): AuditEntry[] {
    const { manifests, blobs, files, bytes } = this.#taken;
    if (manifests + blobs + files + bytes === 0) return [];
    const { index } = this.#store;
    const gone = this.#planned.filter(
      ({ repository, digest }) => index.manifestByDigest(repository, digest) === undefined,
    );
    const unnamed = Math.max(0, manifests - gone.length);
    return [
      ...gone.map(
        ({ repository, digest, tags, why }): AuditEntry => ({
          action: 'collect-manifest',
          result: 'done',
          by,
          repository,
          digest,
          ...(tags.length === 0 ? {} : { tags }),
          reason: why,
        }),
      ),
      {
        action: 'collect',
        result: 'done',
        by,
        manifests,
        blobs,
        files,
        bytes,
        ...(unnamed === 0 ? {} : { unnamed }),
      },
    ];
  }

  #plan({ repository, manifests }: Extract<GcEvent, { type: 'going' }>): void {
    for (const { digest, tags, lastTag, why } of manifests) {
      if (this.#planned.length === MAX_NAMED) return;
      const names = [...(lastTag === undefined ? [] : [lastTag]), ...tags].slice(0, 16);
      this.#planned.push({ repository, digest, tags: names, why });
    }
  }
}

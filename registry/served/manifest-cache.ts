import type { Digest } from '../../content/digest.ts';

/** Bytes of manifests that were read and compared with their digest lately: what is asked for again is not read again. */
export class ManifestCache {
  readonly #bytes = new Map<Digest, Uint8Array>();
  readonly #limit: number;
  #size = 0;

  /** At most `limit` bytes are kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(digest: Digest): Uint8Array | undefined {
    const bytes = this.#bytes.get(digest);
    if (bytes === undefined) return undefined;
    this.#bytes.delete(digest);
    this.#bytes.set(digest, bytes);
    return bytes;
  }

  put(digest: Digest, bytes: Uint8Array): void {
    this.drop(digest);
    if (bytes.byteLength > this.#limit / 8) return;
    this.#bytes.set(digest, bytes);
    this.#size += bytes.byteLength + ENTRY_BYTES;
    for (const oldest of this.#bytes.keys()) {
      if (this.#size <= this.#limit) return;
      this.drop(oldest);
    }
  }

  drop(digest: Digest): void {
    const bytes = this.#bytes.get(digest);
    if (bytes !== undefined && this.#bytes.delete(digest)) this.#size -= bytes.byteLength + ENTRY_BYTES;
  }
}

/** What an entry costs besides its bytes, roughly. */
const ENTRY_BYTES = 300;

import { readBlobFile } from '../../content/bytes/blob-file.ts';
import type { Digest } from '../../content/digest.ts';
import type { BlobReader, ReadOptions } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';

/** What a release makes, small and in memory, and files of its author, which are read where they lie. */
export class MadeStore extends MemoryStore {
  readonly #files = new Map<Digest, { readonly path: string; readonly size: number }>();

  putFile(digest: Digest, file: { readonly path: string; readonly size: number }): void {
    this.#files.set(digest, file);
  }

  override async statBlob(repository: string, digest: Digest): Promise<number | undefined> {
    return this.#files.get(digest)?.size ?? (await super.statBlob(repository, digest));
  }

  override async readBlob(
    repository: string,
    digest: Digest,
    options: ReadOptions = {},
  ): Promise<BlobReader | undefined> {
    const file = this.#files.get(digest);
    return file === undefined
      ? await super.readBlob(repository, digest, options)
      : await readBlobFile(file.path, options);
  }
}

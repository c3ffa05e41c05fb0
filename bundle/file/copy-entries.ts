import type { Digest } from '../../content/digest.ts';
import type { BlobSource, CallOptions } from '../../content/store.ts';
import type { BundleWriter } from './bundle-writer.ts';
import type { TableEntry } from './table.ts';

export interface CopyEntriesOptions extends CallOptions {
  readonly onProgress?: ((progress: { bytesDone: number; bytesTotal: number }) => void) | undefined;
  /** Told of what could not be copied; the others are, unless it throws. Without it the first ends it. */
  readonly onError?: ((error: unknown, digest: Digest) => void) | undefined;
}

/** Fills a bundle with blobs from elsewhere, one after the other. */
export async function copyEntries(
  writer: BundleWriter,
  entries: readonly TableEntry[],
  sourceOf: (digest: Digest) => BlobSource,
  { signal, onProgress, onError }: CopyEntriesOptions,
): Promise<void> {
  const bytesTotal = entries.reduce((sum, { size }) => sum + size, 0);
  let bytesDone = 0;
  for (const { digest, size } of entries) {
    const descriptor = { mediaType: 'application/octet-stream', digest, size };
    try {
      await writer.writeBlob('', descriptor, sourceOf(digest), { signal });
    } catch (error) {
      signal?.throwIfAborted();
      if (onError === undefined) throw error;
      onError(error, digest);
    }
    bytesDone += size;
    onProgress?.({ bytesDone, bytesTotal });
  }
}

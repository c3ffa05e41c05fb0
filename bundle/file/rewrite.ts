import type { Digest } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { contentError } from '../../content/errors.ts';
import type { BlobSource } from '../../content/store.ts';
import { releaseRepository } from '../locked-release.ts';
import { contentPieces } from '../release-contents.ts';
import type { WrittenFile } from './bundle-file.ts';
import type { BundleStore } from './bundle-store.ts';
import { BundleWriter, type OpenOptions } from './bundle-writer.ts';
import { copyEntries } from './copy-entries.ts';
import { isEverywhere } from './everywhere.ts';
import type { TableEntry } from './table.ts';

export interface RewriteOptions extends Pick<OpenOptions, 'signal' | 'onChecked'> {
  /** As WriteOptions.volumeSize; one file when absent. */
  readonly volumeSize?: number | undefined;
  readonly onProgress?: ((progress: { bytesDone: number; bytesTotal: number }) => void) | undefined;
}

/**
 * Writes a bundle again with the same content, as one file or cut into volumes, and checks every byte on the way. Of
 * one whose volumes are not all here what is there is written, then VOLUME_MISSING thrown; the same call goes on when
 * others are. Throws OUTPUT_EXISTS, VOLUME_TOO_SMALL, DISK_FULL, OUTPUT_UNUSABLE, and what reading throws.
 */
export async function rewriteBundle(
  path: string,
  from: BundleStore,
  options: RewriteOptions = {},
): Promise<WrittenFile[]> {
  const { volumeSize, signal } = options;
  const common = await commonOf(from, signal);
  const isCommon = ({ digest }: TableEntry) => common.has(digest);
  const all = from.entries;
  const first = all.filter(isCommon);
  const entries = [...first, ...all.filter((entry) => !isCommon(entry))];
  const cut = volumeSize === undefined ? undefined : { volumeSize, everywhere: first.length };
  const writer = await BundleWriter.open(path, from.index, entries, { ...options, cut, keepsOthers: true });
  try {
    const missing = new Set<number>();
    // Of a blob that is cut an earlier run may have brought the first pieces.
    const begun = new Map<Digest, number>();
    const sourceOf = (digest: Digest): BlobSource => {
      const source = blobSource(from, digest, signal);
      return async (offset) => {
        begun.set(digest, offset);
        return await source(offset);
      };
    };
    await copyEntries(writer, entries, sourceOf, {
      ...options,
      onError: (error, digest) => {
        if (!isSkerryError(error, 'VOLUME_MISSING')) throw error;
        for (const number of from.missingFor(digest, begun.get(digest))) missing.add(number);
      },
    });
    if (missing.size > 0) throw from.missingError([...missing].sort((a, b) => a - b));
    return await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

async function commonOf(from: BundleStore, signal: AbortSignal | undefined): Promise<Set<Digest>> {
  const release = releaseRepository(from.index);
  const pieces = await contentPieces(from, from.index, { signal });
  const common = pieces.filter(
    ({ isManifest, isConfig, size, repositories }) =>
      isManifest || isEverywhere({ isConfig, size, repositories }, release),
  );
  return new Set(common.map(({ digest }) => digest));
}

function blobSource(from: BundleStore, digest: Digest, signal: AbortSignal | undefined): BlobSource {
  return async (offset) => {
    const reader = await from.readBlob('', digest, { offset, signal });
    if (reader === undefined) throw contentError('CONTENT_NOT_FOUND', { subject: digest, detail: from.name });
    return reader.stream;
  };
}

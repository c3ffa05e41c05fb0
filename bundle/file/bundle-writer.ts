import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileSize, syncFolder } from '../../content/bytes/blob-file.ts';
import { diskError } from '../../content/bytes/disk-error.ts';
import type { FollowingHash } from '../../content/bytes/hash/following-hash.ts';
import type { HashThreads } from '../../content/bytes/hash/hash-threads.ts';
import { SpanWriter } from '../../content/bytes/span-writer.ts';
import { WriteBack } from '../../content/bytes/write-back.ts';
import { writeFully } from '../../content/bytes/write-fully.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import { checkDigest, type Digest } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { contentError } from '../../content/errors.ts';
import { formatIndex, type LayoutIndex } from '../../content/layout/layout-index.ts';
import type { BlobSource, CallOptions, ContentSink, Manifest, TagOrDigest } from '../../content/store.ts';
import { bundleError } from '../errors.ts';
import { checkBlob } from './blob-check.ts';
import { beginsWith, frontOf, paddingOf, refuseOthers } from './bundle-front.ts';
import { checkSpace } from './bundle-room.ts';
import { type FindOptions, foundBlobs } from './found-blobs.ts';
import { StartedBlobs } from './started-blobs.ts';
import { type Arrangement, arrange, blobName, type Place, type TableEntry } from './table.ts';
import { BLOCK_BYTES, formatHeader, paddedSize } from './tar-header.ts';

export interface OpenOptions extends FindOptions {
  /** Bytes that other files in the same folder will take: without room for them as well, nothing is begun. */
  readonly besides?: number | undefined;
  /** Refuses to take the place of a bundle of other content, finished or begun. */
  readonly keepsOthers?: boolean | undefined;
  /** These hash the file as a whole while it is written, and large blobs where there are several; none otherwise. */
  readonly threads?: HashThreads | undefined;
}

/** The file that was written. */
export interface WrittenFile {
  /** Of the whole file; undefined where no thread has followed it. */
  readonly digest: Digest | undefined;
  /** Bytes. */
  readonly size: number;
}

/** Two empty blocks end a tar. */
const END_BYTES = 2 * BLOCK_BYTES;

/**
 * Writes a bundle. All names, digests and sizes are known beforehand, so every blob has its place in the tar before
 * its bytes come: they go there straight from the source, several at a time, and are never kept anywhere else. A
 * blob's header is written after its bytes, which makes an interrupted `.partial` file one that can be gone on with.
 */
export class BundleWriter implements ContentSink {
  readonly name: string;
  readonly arrangement: Arrangement;
  readonly #path: string;
  readonly #partial: string;
  readonly #file: FileHandle;
  readonly #writeBack: WriteBack;
  readonly #places: ReadonlyMap<Digest, Place>;
  readonly #done = new Set<Digest>();
  readonly #threads: HashThreads | undefined;
  /** The hash of the file as a whole: of all that stands before the first blob that is missing. */
  readonly #whole: FollowingHash | undefined;
  #nextPlace = 0;
  readonly #started: StartedBlobs;

  private constructor(
    path: string,
    partial: string,
    file: FileHandle,
    arrangement: Arrangement,
    threads: HashThreads | undefined,
  ) {
    this.name = `bundle ${path}`;
    this.arrangement = arrangement;
    this.#path = path;
    this.#partial = partial;
    this.#file = file;
    this.#writeBack = new WriteBack(file);
    this.#threads = threads;
    this.#whole = threads?.follow(partial, 'sha256');
    this.#started = new StartedBlobs(file);
    this.#places = new Map(arrangement.places.map((place) => [place.digest, place]));
  }

  /**
   * Starts a bundle, or goes on with one of the same content, finished or not. Throws DISK_FULL before anything is
   * written, unless there is room for the bundle and `besides` bytes of other files; OUTPUT_EXISTS, OUTPUT_UNUSABLE,
   * FILE_TOO_LARGE.
   */
  static async open(
    path: string,
    index: LayoutIndex,
    entries: readonly TableEntry[],
    options: OpenOptions = {},
  ): Promise<BundleWriter> {
    const arrangement = arrange(formatIndex(index), entries);
    const partial = `${path}.partial`;
    try {
      await mkdir(dirname(path), { recursive: true });
      const front = frontOf(arrangement);
      if (options.keepsOthers) await refuseOthers([path, partial], front);
      if (await beginsWith(path, front)) await rename(path, partial);
      await checkSpace(path, partial, arrangement.size + (options.besides ?? 0));
      const file = await open(partial, (await fileSize(partial)) === undefined ? 'w+' : 'r+');
      const writer = new BundleWriter(path, partial, file, arrangement, options.threads);
      await writer.#start(options).catch(async (error: unknown) => {
        await file.close();
        throw error;
      });
      return writer;
    } catch (error) {
      throw unusable(error, path);
    }
  }

  async statBlob(_repository: string, digest: Digest): Promise<number | undefined> {
    return this.#done.has(digest) ? this.#places.get(digest)?.size : undefined;
  }

  async mountBlob(_repository: string, descriptor: Descriptor): Promise<boolean> {
    return this.#done.has(descriptor.digest);
  }

  async writeBlob(
    _repository: string,
    descriptor: Descriptor,
    given: BlobSource,
    options: CallOptions = {},
  ): Promise<void> {
    const place = this.#placeOf(descriptor.digest);
    if (this.#done.has(descriptor.digest)) return;
    const source = this.#started.resume(place, given);
    try {
      await this.#receive(place, source, options);
      await this.#commit(place);
    } catch (error) {
      throw unusable(error, this.#path);
    }
  }

  async #receive(place: Place, source: BlobSource, { signal }: CallOptions): Promise<void> {
    const check = checkBlob(place, this.#partial, this.#threads);
    const writer = new SpanWriter(this.#file, place.start, (bytes) => {
      check.wrote(bytes);
      this.#writeBack.wrote(bytes);
    });
    let size = 0;
    try {
      for await (const chunk of await source(0)) {
        signal?.throwIfAborted();
        size += chunk.byteLength;
        if (size > place.size) {
          throw contentError('SIZE_MISMATCH', {
            subject: place.digest,
            detail: `more than ${place.size} bytes`,
          });
        }
        check.update(chunk);
        await writer.write(chunk);
        await check.caughtUp();
      }
      await writer.flush();
      await check.finish();
    } catch (error) {
      // Nothing may be written to its place any more.
      await writer.flush().catch(() => {});
      check.forget();
      throw error;
    }
  }

  async writeManifest(repository: string, _reference: TagOrDigest, manifest: Manifest): Promise<void> {
    if (this.#done.has(manifest.digest)) return;
    checkDigest(manifest.digest, manifest.bytes, `${repository}@${manifest.digest}`);
    const place = this.#placeOf(manifest.digest);
    try {
      await writeFully(this.#file, manifest.bytes, place.start);
      await this.#commit(place);
    } catch (error) {
      throw unusable(error, this.#path);
    }
  }

  /** Ends the bundle: everything must have come. The file gets its name only now. */
  async finish(): Promise<WrittenFile> {
    const missing = this.arrangement.places.find(({ digest }) => !this.#done.has(digest));
    if (missing !== undefined) {
      throw contentError('CONTENT_NOT_FOUND', {
        subject: missing.digest,
        detail: `never written to ${this.#path}`,
      });
    }
    try {
      // Cut first: the end is zeros then, whatever was there.
      await this.#file.truncate(this.arrangement.size - END_BYTES);
      await this.#file.truncate(this.arrangement.size);
      const { size } = this.arrangement;
      const [digest] = await Promise.all([this.#whole?.digest(size), this.#writeBack.finish()]);
      this.#whole?.forget();
      await this.#file.close();
      await rename(this.#partial, this.#path);
      await syncFolder(dirname(this.#path));
      return { digest, size };
    } catch (error) {
      throw unusable(error, this.#path);
    }
  }

  /** Leaves the partial file for another run. */
  async abandon(): Promise<void> {
    // Why it is abandoned is what matters; the next run compares what is there.
    await this.#writeBack.settle().catch(() => {});
    this.#whole?.forget();
    await this.#file.close();
  }

  async #start(options: OpenOptions): Promise<void> {
    const front = frontOf(this.arrangement);
    const found = Buffer.alloc(front.byteLength);
    await this.#file.read(found, 0, found.byteLength, 0);
    if (found.equals(front)) {
      for await (const digest of foundBlobs(this.#file, this.arrangement.places, options))
        this.#done.add(digest);
      this.#advance();
      return;
    }
    await this.#file.truncate(0);
    await writeFully(this.#file, front, 0);
  }

  async #commit(place: Place): Promise<void> {
    await writeFully(this.#file, paddingOf(place.size), place.start + place.size);
    await writeFully(this.#file, formatHeader(blobName(place.digest), place.size), place.header);
    this.#done.add(place.digest);
    this.#advance();
  }

  // What stands before the first place that is not done will not change any more.
  #advance(): void {
    const { places } = this.arrangement;
    for (;;) {
      const place = places[this.#nextPlace];
      if (place === undefined || !this.#done.has(place.digest)) break;
      this.#nextPlace++;
      void this.#whole?.wrote(place.start + paddedSize(place.size));
    }
  }

  #placeOf(digest: Digest): Place {
    const place = this.#places.get(digest);
    if (place === undefined)
      throw contentError('CONTENT_NOT_FOUND', { subject: digest, detail: `not planned for ${this.#path}` });
    return place;
  }
}

// What can't be written for want of permission is the place that was chosen; anything else is the disk.
function unusable(error: unknown, path: string): unknown {
  const told = diskError(error, path);
  if (!isSkerryError(told, 'STORE_UNUSABLE')) return told;
  return bundleError('OUTPUT_UNUSABLE', { subject: told.subject, detail: told.detail, cause: error });
}

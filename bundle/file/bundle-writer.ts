import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskError } from '../../content/bytes/disk-error.ts';
import type { HashThreads } from '../../content/bytes/hash/hash-threads.ts';
import { writeFully } from '../../content/bytes/write-fully.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import { checkDigest, type Digest, toDigest } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { contentError } from '../../content/errors.ts';
import { formatIndex, type LayoutIndex } from '../../content/layout/layout-index.ts';
import type { BlobSource, CallOptions, ContentSink, Manifest, TagOrDigest } from '../../content/store.ts';
import { bundleError } from '../errors.ts';
import { arrangeFiles } from '../volume/arrange-volumes.ts';
import type { VolumeCut } from '../volume/volume-mark.ts';
import { volumePath } from '../volume/volume-name.ts';
import { checkBlob } from './blob-check.ts';
import { type BlobRuns, RunsWriter, readRuns, sizeOfRuns } from './blob-runs.ts';
import { BundleFile, type FileRun, type WrittenFile } from './bundle-file.ts';
import { refuseOtherCuts, refuseOthers } from './bundle-front.ts';
import { checkSpace } from './bundle-room.ts';
import { type FindOptions, foundBlobs } from './found-blobs.ts';
import { StartedBlob } from './started-blob.ts';
import type { TableEntry } from './table.ts';

export interface OpenOptions extends FindOptions {
  /** Bytes that other files in the same folder will take: without room for them as well, nothing is begun. */
  readonly besides?: number | undefined;
  /** Refuses to take the place of a bundle of other content, finished or begun. */
  readonly keepsOthers?: boolean | undefined;
  /** These hash the file as a whole while it is written, and large blobs where there are several; none otherwise. */
  readonly threads?: HashThreads | undefined;
  /** Cuts the bundle into volumes where it is larger than one. */
  readonly cut?: VolumeCut | undefined;
}

/** All places of a blob: each of the lists has all of its bytes. */
type Homes = readonly BlobRuns<FileRun>[];

/**
 * Writes a bundle, into one file or several volumes. All names, digests and sizes are known beforehand, so every blob has
 * its place before its bytes come: they go there straight from the source, several at a time, and are never kept
 * anywhere else. A blob's header is written after its bytes, which makes an interrupted `.partial` file one that can be
 * gone on with.
 */
export class BundleWriter implements ContentSink {
  readonly name: string;
  readonly #path: string;
  readonly #files: readonly BundleFile[];
  readonly #homes: ReadonlyMap<Digest, Homes>;
  readonly #threads: HashThreads | undefined;

  private constructor(path: string, files: readonly BundleFile[], threads: HashThreads | undefined) {
    this.name = `bundle ${path}`;
    this.#path = path;
    this.#files = files;
    this.#threads = threads;
    this.#homes = homesIn(files);
  }

  /**
   * Starts a bundle, or goes on with one of the same content, finished or not. Throws DISK_FULL before anything is
   * written, unless there is room for the bundle and `besides` bytes of other files; OUTPUT_EXISTS, OUTPUT_UNUSABLE,
   * FILE_TOO_LARGE, VOLUME_TOO_SMALL.
   */
  static async open(
    path: string,
    index: LayoutIndex,
    entries: readonly TableEntry[],
    options: OpenOptions = {},
  ): Promise<BundleWriter> {
    const arrangements = arrangeFiles(formatIndex(index), entries, options.cut);
    const total = arrangements.length;
    const planned = arrangements.map((arrangement, at) => ({
      path: total === 1 ? path : volumePath(path, at + 1, total),
      arrangement,
    }));
    const files: BundleFile[] = [];
    try {
      await mkdir(dirname(path), { recursive: true });
      await refuseOtherCuts(path, planned);
      if (options.keepsOthers) await refuseOthers(planned);
      await checkSpace(path, planned, options.besides);
      const begun: FileRun[] = [];
      for (const one of planned) {
        const { file, isBegun } = await BundleFile.open(one.path, one.arrangement, options.threads);
        files.push(file);
        if (isBegun) begun.push(...file.runs);
      }
      const writer = new BundleWriter(path, files, options.threads);
      await writer.#find(new Set(begun), options);
      return writer;
    } catch (error) {
      for (const file of files) await file.abandon();
      throw unusable(error, path);
    }
  }

  async statBlob(_repository: string, digest: Digest): Promise<number | undefined> {
    const homes = this.#homes.get(digest);
    return homes?.every(isDone) ? sizeOfRuns(homes[0] ?? []) : undefined;
  }

  async mountBlob(_repository: string, descriptor: Descriptor): Promise<boolean> {
    return this.#homes.get(descriptor.digest)?.every(isDone) ?? false;
  }

  async writeBlob(
    _repository: string,
    descriptor: Descriptor,
    source: BlobSource,
    options: CallOptions = {},
  ): Promise<void> {
    const homes = this.#homesOf(descriptor.digest);
    try {
      const there = homes.find(isDone);
      for (const home of homes) {
        if (isDone(home)) continue;
        // What each volume has is small and comes once.
        const first = there ?? homes.find(isDone);
        await this.#receive(home, first === undefined ? source : bytesOf(first), options);
      }
    } catch (error) {
      throw unusable(error, this.#path);
    }
  }

  async #receive(runs: BlobRuns<FileRun>, source: BlobSource, { signal }: CallOptions): Promise<void> {
    const [first] = runs;
    const { digest } = first.place;
    const size = sizeOfRuns(runs);
    // A thread follows one file.
    const threads = runs.length === 1 ? this.#threads : undefined;
    const check = checkBlob({ digest, size, start: first.place.start }, first.file.partial, threads);
    const pieces = new Map(
      runs.flatMap((run) => (run.place.piece === undefined ? [] : [[run, createHash('sha256')]])),
    );
    const started = new StartedBlob(runs);
    const writer = new RunsWriter(runs, {
      onBytes: (bytes, run) => pieces.get(run)?.update(bytes),
      onWritten: (bytes, { file }) => {
        check.wrote(bytes);
        file.wrote(bytes);
      },
    });
    let written = 0;
    try {
      for await (const chunk of started.bytes(source)) {
        signal?.throwIfAborted();
        if (written + chunk.byteLength > size)
          throw contentError('SIZE_MISMATCH', { subject: digest, detail: `more than ${size} bytes` });
        check.update(chunk);
        const { byteLength } = chunk;
        await writer.write(chunk);
        written += byteLength;
        await check.caughtUp();
      }
      await writer.flush();
      await check.finish();
    } catch (error) {
      check.forget();
      // Nothing may be written to its place any more.
      const isFlushed = await writer.flush().then(
        () => true,
        () => false,
      );
      if (isFlushed) await started.cutOff(written);
      throw error;
    }
    for (const run of runs) {
      const hash = pieces.get(run);
      await run.file.commit(run.place, hash && toDigest('sha256', hash));
    }
  }

  async writeManifest(repository: string, _reference: TagOrDigest, manifest: Manifest): Promise<void> {
    const homes = this.#homesOf(manifest.digest);
    if (homes.every(isDone)) return;
    checkDigest(manifest.digest, manifest.bytes, `${repository}@${manifest.digest}`);
    try {
      for (const [{ file, place }] of homes.filter((home) => !isDone(home))) {
        await writeFully(file.handle, manifest.bytes, place.start);
        await file.commit(place, undefined);
      }
    } catch (error) {
      throw unusable(error, this.#path);
    }
  }

  /** Ends the bundle: everything must have come. Files get their names only now, when all of them are whole. */
  async finish(): Promise<WrittenFile[]> {
    for (const [digest, homes] of this.#homes)
      if (!homes.every(isDone))
        throw contentError('CONTENT_NOT_FOUND', {
          subject: digest,
          detail: `never written to ${this.#path}`,
        });
    try {
      const written: WrittenFile[] = [];
      for (const file of this.#files) written.push(await file.end());
      for (const file of this.#files) await file.keep();
      return written;
    } catch (error) {
      throw unusable(error, this.#path);
    }
  }

  /** Leaves the partial files for another run. */
  async abandon(): Promise<void> {
    for (const file of this.#files) await file.abandon();
  }

  async #find(begun: ReadonlySet<FileRun>, options: FindOptions): Promise<void> {
    const blobs = [...this.#homes.values()].flat().filter((home) => home.every((run) => begun.has(run)));
    for await (const home of foundBlobs(blobs, options))
      for (const { file, place } of home) file.found(place);
  }

  #homesOf(digest: Digest): Homes {
    const homes = this.#homes.get(digest);
    if (homes === undefined)
      throw contentError('CONTENT_NOT_FOUND', { subject: digest, detail: `not planned for ${this.#path}` });
    return homes;
  }
}

// Places of a whole blob are each a home; the pieces of one that is cut are one together.
function homesIn(files: readonly BundleFile[]): Map<Digest, Homes> {
  const homes = new Map<Digest, BlobRuns<FileRun>[]>();
  for (const run of files.flatMap((file) => file.runs)) {
    const { digest, piece } = run.place;
    const known = homes.get(digest) ?? [];
    const [cut] = known;
    if (piece !== undefined && cut !== undefined) homes.set(digest, [[...cut, run]]);
    else homes.set(digest, [...known, [run]]);
  }
  return homes;
}

function isDone(home: BlobRuns<FileRun>): boolean {
  return home.every(({ file, place }) => file.has(place));
}

function bytesOf(home: BlobRuns<FileRun>): BlobSource {
  return async () => readRuns(home, sizeOfRuns(home));
}

// What can't be written for want of permission is the place that was chosen; anything else is the disk.
function unusable(error: unknown, path: string): unknown {
  const told = diskError(error, path);
  if (!isSkerryError(told, 'STORE_UNUSABLE')) return told;
  return bundleError('OUTPUT_UNUSABLE', { subject: told.subject, detail: told.detail, cause: error });
}

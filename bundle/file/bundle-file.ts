import { createHash } from 'node:crypto';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileSize, syncFolder } from '../../content/bytes/blob-file.ts';
import { recycle } from '../../content/bytes/chunk-memory.ts';
import type { FollowingHash } from '../../content/bytes/hash/following-hash.ts';
import type { HashThreads } from '../../content/bytes/hash/hash-threads.ts';
import { readSpan } from '../../content/bytes/read-span.ts';
import { WriteBack } from '../../content/bytes/write-back.ts';
import { writeFully } from '../../content/bytes/write-fully.ts';
import { type Digest, toDigest } from '../../content/digest.ts';
import { formatPieces, PIECES_FILE } from '../volume/piece-digests.ts';
import type { Run } from './blob-runs.ts';
import { beginsWith, frontOf, paddingOf } from './bundle-front.ts';
import { partialOf } from './planned-file.ts';
import { type Arrangement, type Place, placeName } from './table.ts';
import { END_BYTES, formatHeader, paddedSize } from './tar-header.ts';

/** A file that was written. */
export interface WrittenFile {
  readonly path: string;
  /** Of the whole file; undefined where no thread has followed it. */
  readonly digest: Digest | undefined;
  /** Bytes. */
  readonly size: number;
}

/** A place in a file of a bundle. */
export interface FileRun extends Run {
  readonly file: BundleFile;
}

/** A bundle's file while it is written, or one volume: it is called `.partial` until all of it is there. */
export class BundleFile {
  readonly path: string;
  readonly partial: string;
  readonly arrangement: Arrangement;
  readonly handle: FileHandle;
  readonly runs: readonly FileRun[];
  readonly #writeBack: WriteBack;
  readonly #done = new Set<Place>();
  readonly #pieces = new Map<Place, Digest>();
  /** The hash of the file as a whole: of all that stands before the first place that is missing. */
  readonly #whole: FollowingHash | undefined;
  #nextPlace = 0;

  private constructor(
    path: string,
    arrangement: Arrangement,
    handle: FileHandle,
    threads: HashThreads | undefined,
  ) {
    this.path = path;
    this.partial = partialOf(path);
    this.arrangement = arrangement;
    this.handle = handle;
    this.runs = arrangement.places.map((place) => ({ file: this, handle, place }));
    this.#writeBack = new WriteBack(handle);
    this.#whole = threads?.follow(this.partial, 'sha256');
  }

  /** Begins the file, or goes on with one that begins alike, finished or not. `isBegun` tells which. */
  static async open(
    path: string,
    arrangement: Arrangement,
    threads: HashThreads | undefined,
  ): Promise<{ file: BundleFile; isBegun: boolean }> {
    const front = frontOf(arrangement);
    const partial = partialOf(path);
    if (await beginsWith(path, front)) await rename(path, partial);
    const isBegun = await beginsWith(partial, front);
    const handle = await open(partial, (await fileSize(partial)) === undefined ? 'w+' : 'r+');
    const file = new BundleFile(path, arrangement, handle, threads);
    if (isBegun) return { file, isBegun };
    try {
      await handle.truncate(0);
      await writeFully(handle, front, 0);
      return { file, isBegun };
    } catch (error) {
      await file.abandon();
      throw error;
    }
  }

  wrote(bytes: number): void {
    this.#writeBack.wrote(bytes);
  }

  has(place: Place): boolean {
    return this.#done.has(place);
  }

  /** The bytes of a place are there and right: its header may say so. `piece`: what they hash to, of a piece. */
  async commit(place: Place, piece: Digest | undefined): Promise<void> {
    await writeFully(this.handle, paddingOf(place.size), place.start + place.size);
    await writeFully(this.handle, formatHeader(placeName(place), place.size), place.header);
    if (piece !== undefined) this.#pieces.set(place, piece);
    this.found(place);
  }

  /** As commit, of what an earlier run has left whole. */
  found(place: Place): void {
    this.#done.add(place);
    this.#advance();
  }

  /** Makes all of it durable. Nothing may be missing. */
  async end(): Promise<WrittenFile> {
    const { size, tail } = this.arrangement;
    // Cut first: the end is zeros then, whatever was there.
    await this.handle.truncate(tail?.header ?? size - END_BYTES);
    await this.handle.truncate(size);
    if (tail !== undefined) {
      await writeFully(this.handle, formatHeader(PIECES_FILE, tail.size), tail.header);
      await writeFully(this.handle, Buffer.from(formatPieces(await this.#pieceDigests())), tail.start);
    }
    const [digest] = await Promise.all([this.#whole?.digest(size), this.#writeBack.finish()]);
    this.#whole?.forget();
    await this.handle.close();
    return { path: this.path, digest, size };
  }

  /** Gives the ended file its name. */
  async keep(): Promise<void> {
    await rename(this.partial, this.path);
    await syncFolder(dirname(this.path));
  }

  /** Leaves the partial file for another run. */
  async abandon(): Promise<void> {
    // Why it is abandoned is what matters; the next run compares what is there.
    await this.#writeBack.settle().catch(() => {});
    this.#whole?.forget();
    await this.handle.close();
  }

  async #pieceDigests(): Promise<Digest[]> {
    const pieces = this.arrangement.places.filter(({ piece }) => piece !== undefined);
    const digests: Digest[] = [];
    for (const place of pieces) digests.push(this.#pieces.get(place) ?? (await this.#hash(place)));
    return digests;
  }

  async #hash({ start, size }: Place): Promise<Digest> {
    const hash = createHash('sha256');
    for await (const chunk of readSpan(this.handle, start, start + size)) {
      hash.update(chunk);
      recycle(chunk);
    }
    return toDigest('sha256', hash);
  }

  // What stands before the first place that is not done will not change any more.
  #advance(): void {
    const { places } = this.arrangement;
    for (;;) {
      const place = places[this.#nextPlace];
      if (place === undefined || !this.#done.has(place)) break;
      this.#nextPlace++;
      void this.#whole?.wrote(place.start + paddedSize(place.size));
    }
  }
}

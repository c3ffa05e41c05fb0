import { fileSize } from '../../content/bytes/blob-file.ts';
import type { Digest } from '../../content/digest.ts';
import { contentError } from '../../content/errors.ts';
import { checkLayoutFile, type LayoutIndex, parseIndex } from '../../content/layout/layout-index.ts';
import { LayoutNames } from '../../content/layout/layout-names.ts';
import { LayoutReader } from '../../content/layout/layout-reader.ts';
import type { BlobReader, ReadOptions, Store } from '../../content/store.ts';
import { bundleError } from '../errors.ts';
import { findVolumes } from '../volume/find-volumes.ts';
import { arrangementsOf, inWords, type Volume } from '../volume/volume.ts';
import { type BlobPiece, blobsIn, type PieceSpan, spansOf } from './blob-pieces.ts';
import { RandomAccessFile } from './file.ts';
import { type BundleFront, nameToDigest, readFront } from './read-front.ts';
import { blobName, type Place, parseTable, placeName, type TableEntry } from './table.ts';
import { BLOCK_BYTES, parseHeader } from './tar-header.ts';

export interface OpenBundleOptions {
  /** Folders and files with other volumes of a bundle that is cut; those beside the one that is opened are found. */
  readonly volumes?: readonly string[] | undefined;
  /** Which volumes have to be there: all of them when absent; `some`: what is there; `one`: the one that is opened. */
  readonly needs?: 'all' | 'some' | 'one' | undefined;
}

/**
 * Opens a bundle, or any other OCI image layout in an uncompressed tar; any volume of one that is cut. With a table at its
 * front the cost follows the number of blobs, not their bytes; without one all headers are visited once.
 * Throws BUNDLE_NOT_FOUND, BUNDLE_UNREADABLE, BUNDLE_TRUNCATED, BUNDLE_CORRUPT, LAYOUT_INVALID, VOLUME_MISSING,
 * VOLUME_FOREIGN.
 */
export async function openBundle(path: string, options: OpenBundleOptions = {}): Promise<BundleStore> {
  const file = await RandomAccessFile.open(path);
  const opened = [file];
  try {
    const front = await readFront(file);
    checkLayoutFile(front.layout, path);
    const index = parseIndex(front.index, path);
    const { mark, table } = front;
    if (mark === undefined || table === undefined) {
      await refuseNamed(options.volumes ?? []);
      return new BundleStore(path, index, front, [{ number: 1, file, places: front.places }]);
    }
    const { needs = 'all', volumes = [] } = options;
    const arrangements = arrangementsOf({ ...front, table, mark }, path);
    const others = needs === 'one' ? new Map() : await findVolumes(file, mark, volumes);
    opened.push(...others.values());
    const all = arrangements.map(({ places }, at) => ({
      number: at + 1,
      file: at + 1 === mark.number ? file : others.get(at + 1),
      places,
    }));
    const store = new BundleStore(path, index, front, all);
    if (needs === 'all' && store.missing.length > 0) throw store.missingError();
    return store;
  } catch (error) {
    for (const each of opened) await each.close();
    throw error;
  }
}

// Whoever names files means that they are needed; a folder may have anything in it.
async function refuseNamed(volumes: readonly string[]): Promise<void> {
  for (const subject of volumes)
    if ((await fileSize(subject)) !== undefined)
      throw bundleError('VOLUME_FOREIGN', { subject, detail: 'the bundle is one file, of no volumes' });
}

/**
 * An OCI image layout inside one uncompressed tar, or several that are its volumes; read in place by offset and never
 * unpacked.
 */
export class BundleStore extends LayoutReader implements Store {
  readonly name: string;
  /** The file that was opened. */
  readonly path: string;
  readonly index: LayoutIndex;
  /** The texts of `index.json`, of the table, if there is one, and what a volume says of itself. */
  readonly front: BundleFront;
  /** All volumes, or the one file that is no volume. */
  readonly volumes: readonly Volume[];
  /** All copies of each blob; one that is cut has several pieces. */
  readonly #blobs: ReadonlyMap<Digest, readonly (readonly BlobPiece[])[]>;
  /** Places whose header was found to be the blob's. */
  readonly #checked = new Set<Place>();

  constructor(path: string, index: LayoutIndex, front: BundleFront, volumes: readonly Volume[]) {
    super(new LayoutNames(index), {
      placeOf: (digest) => `${path}: ${blobName(digest)}`,
      sizeOf: async (digest) => this.#sizeOf(digest),
      readWhole: async (digest) => await this.#readWhole(digest),
    });
    this.name = `bundle ${path}`;
    this.path = path;
    this.index = index;
    this.front = front;
    this.volumes = volumes;
    this.#blobs = blobsIn(volumes);
  }

  /** Every blob with its size in bytes, in the order of the table, or of the tar where there is none. */
  get entries(): TableEntry[] {
    const known = this.front.table === undefined ? undefined : parseTable(this.front.table);
    return known ?? [...this.#blobs.keys()].map((digest) => ({ digest, size: this.#sizeOf(digest) ?? 0 }));
  }

  /** The files that are here. */
  get files(): RandomAccessFile[] {
    return this.volumes.flatMap(({ file }) => file ?? []);
  }

  /** Bytes of the files that are here. */
  get bytes(): number {
    return this.files.reduce((sum, { size }) => sum + size, 0);
  }

  /** Numbers of the volumes that are not here. */
  get missing(): number[] {
    return this.volumes.flatMap(({ file, number }) => (file === undefined ? [number] : []));
  }

  /** That volumes are missing: those given, or all that are. */
  missingError(numbers: readonly number[] = this.missing) {
    const which = `volume${numbers.length === 1 ? '' : 's'} ${inWords(numbers)} of ${this.volumes.length}`;
    return contentError('VOLUME_MISSING', {
      subject: this.path,
      detail: `${which} of set ${this.front.mark?.set}`,
    });
  }

  /** Throws BUNDLE_TRUNCATED unless all blobs that it names lie within its files. */
  checkSize(): void {
    for (const { file, places } of this.volumes)
      for (const { start, size } of places) file?.checkSpan(start, size);
  }

  /** Throws VOLUME_MISSING for what lies in a volume that is not here. */
  async statBlob(_repository: string, digest: Digest): Promise<number | undefined> {
    const absent = this.missingFor(digest);
    if (absent.length > 0) throw this.missingError(absent);
    return this.#sizeOf(digest);
  }

  /** Numbers of the volumes that have bytes of a blob, from `offset` on, and are not here. */
  missingFor(digest: Digest, offset = 0): number[] {
    const pieces = this.#piecesOf(digest) ?? [];
    return pieces.flatMap(({ volume: { file, number }, place: { piece, size } }) =>
      file === undefined && (piece?.offset ?? 0) + size > offset ? [number] : [],
    );
  }

  /** Throws VOLUME_MISSING where the first byte that is wanted is in a volume that is not here, or when it gets to one. */
  async readBlob(
    _repository: string,
    digest: Digest,
    options: ReadOptions = {},
  ): Promise<BlobReader | undefined> {
    const [pieces, size] = [this.#piecesOf(digest), this.#sizeOf(digest)];
    if (pieces === undefined || size === undefined) return undefined;
    const { offset = 0, length = size } = options;
    const wanted = Math.max(0, Math.min(length, size - offset));
    const spans = spansOf(pieces, offset, wanted);
    const [first] = spans;
    if (first !== undefined) await this.#open(first.piece);
    else for (const piece of pieces.slice(0, 1)) await this.#open(piece);
    return { size, stream: this.#stream(spans, options.signal) };
  }

  async *#stream(spans: readonly PieceSpan[], signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    for (const { piece, from, length } of spans) {
      const file = await this.#open(piece);
      yield* file.stream(piece.place.start + from, length, signal);
    }
  }

  /**
   * Where a blob lies within the tar, for serving it from the file; undefined when the file of that name is another, or
   * the blob is in several pieces.
   */
  async locateBlob(_repository: string, digest: Digest) {
    const [piece, ...more] = this.#piecesOf(digest) ?? [];
    if (piece === undefined || more.length > 0) return undefined;
    const file = await this.#open(piece);
    if (!(await file.isInPlace())) return undefined;
    return { path: file.path, offset: piece.place.start, size: piece.place.size };
  }

  async close(): Promise<void> {
    await Promise.all(this.files.map((file) => file.close()));
  }

  /** The pieces of the copy of a blob that is here, or of any where none is. */
  #piecesOf(digest: Digest): readonly BlobPiece[] | undefined {
    const copies = this.#blobs.get(digest) ?? [];
    return copies.find((pieces) => pieces.every(({ volume }) => volume.file !== undefined)) ?? copies[0];
  }

  #sizeOf(digest: Digest): number | undefined {
    const place = this.#blobs.get(digest)?.[0]?.[0]?.place;
    return place && (place.piece?.of ?? place.size);
  }

  async #readWhole(digest: Digest): Promise<Uint8Array> {
    const reader = await this.readBlob('', digest);
    if (reader === undefined) throw bundleError('BUNDLE_CORRUPT', { subject: `${this.path}: ${digest}` });
    return Buffer.concat(await Array.fromAsync(reader.stream));
  }

  // The table is not signed: that the right blob stands at the place is seen from its header, and by its digest later.
  // Once for each: what a bundle holds stays as it is while it is open.
  async #open({ volume: { file, number }, place }: BlobPiece): Promise<RandomAccessFile> {
    if (file === undefined) throw this.missingError([number]);
    if (this.#checked.has(place)) return file;
    const entry = parseHeader(await file.read(place.header, BLOCK_BYTES));
    const isIt =
      entry?.size === place.size &&
      (place.piece === undefined
        ? nameToDigest(entry.name) === place.digest
        : entry.name === placeName(place));
    if (!isIt) {
      throw bundleError('BUNDLE_CORRUPT', {
        subject: file.path,
        detail: `no ${placeName(place)} at byte ${place.header}`,
      });
    }
    // Told now: once an answer has begun, all that can be said is to cut it off.
    file.checkSpan(place.start, place.size);
    this.#checked.add(place);
    return file;
  }
}

import { algorithmOf, type Digest, isDigest } from '../../content/digest.ts';
import { dockerArchive } from '../../content/layout/layout.ts';
import {
  checkLayoutFile,
  type LayoutIndex,
  MAX_INDEX_BYTES,
  parseIndex,
} from '../../content/layout/layout-index.ts';
import { LayoutNames } from '../../content/layout/layout-names.ts';
import { LayoutReader } from '../../content/layout/layout-reader.ts';
import type { BlobReader, ReadOptions, Store } from '../../content/store.ts';
import { bundleError } from '../errors.ts';
import { RandomAccessFile } from './file.ts';
import { blobName, type Place, parseTable, TABLE_FILE } from './table.ts';
import { BLOCK_BYTES, paddedSize, parseHeader } from './tar-header.ts';

/** More files than this are not looked for in a tar without a table: each costs memory. */
const MAX_ENTRIES = 1_000_000;
const BLOB_NAME = /^(?:\.\/)?blobs\/(sha256|sha512)\/([0-9a-f]+)$/;

/**
 * Opens a bundle, or any other OCI image layout in an uncompressed tar. With a table at its front the cost follows the
 * number of blobs, not their bytes; without one all headers are visited once.
 * Throws BUNDLE_NOT_FOUND, BUNDLE_UNREADABLE, BUNDLE_TRUNCATED, BUNDLE_CORRUPT, LAYOUT_INVALID.
 */
export async function openBundle(path: string): Promise<BundleStore> {
  const file = await RandomAccessFile.open(path);
  try {
    const front = await readFront(file);
    checkLayoutFile(front.layout, path);
    return new BundleStore(file, parseIndex(front.index, path), front.places, front);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** An OCI image layout inside one uncompressed tar, read in place by offset and never unpacked. */
export class BundleStore extends LayoutReader implements Store {
  readonly name: string;
  readonly file: RandomAccessFile;
  readonly index: LayoutIndex;
  /** The texts of `index.json` and of the table, if there is one. */
  readonly front: { readonly index: string; readonly table: string | undefined };
  readonly #places: ReadonlyMap<Digest, Place>;
  /** Places whose header was found to be the blob's. */
  readonly #checked = new Set<Digest>();

  constructor(
    file: RandomAccessFile,
    index: LayoutIndex,
    places: readonly Place[],
    front: { index: string; table: string | undefined },
  ) {
    super(new LayoutNames(index), {
      placeOf: (digest) => `${file.path}: ${blobName(digest)}`,
      sizeOf: async (digest) => this.#places.get(digest)?.size,
      readWhole: async (digest) => await this.#readWhole(digest),
    });
    this.name = `bundle ${file.path}`;
    this.file = file;
    this.index = index;
    this.front = front;
    this.#places = new Map(places.map((place) => [place.digest, place]));
  }

  /** Every blob, in the order of the tar. */
  get places(): Place[] {
    return [...this.#places.values()];
  }

  /** Throws BUNDLE_TRUNCATED unless all blobs that it names lie within the file. */
  checkSize(): void {
    for (const { start, size } of this.#places.values()) this.file.checkSpan(start, size);
  }

  async statBlob(_repository: string, digest: Digest): Promise<number | undefined> {
    return this.#places.get(digest)?.size;
  }

  async readBlob(
    _repository: string,
    digest: Digest,
    options: ReadOptions = {},
  ): Promise<BlobReader | undefined> {
    const place = this.#places.get(digest);
    if (place === undefined) return undefined;
    await this.#checkPlace(place);
    const { offset = 0, length = place.size } = options;
    const wanted = Math.max(0, Math.min(length, place.size - offset));
    return { size: place.size, stream: this.file.stream(place.start + offset, wanted, options.signal) };
  }

  /** Where a blob lies within the tar, for serving it from the file; undefined when the file of that name is another. */
  async locateBlob(_repository: string, digest: Digest) {
    const place = this.#places.get(digest);
    if (place === undefined) return undefined;
    await this.#checkPlace(place);
    if (!(await this.file.isInPlace())) return undefined;
    return { path: this.file.path, offset: place.start, size: place.size };
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  async #readWhole(digest: Digest): Promise<Uint8Array> {
    const place = this.#places.get(digest);
    if (place === undefined) throw bundleError('BUNDLE_CORRUPT', { subject: `${this.file.path}: ${digest}` });
    await this.#checkPlace(place);
    return await this.file.read(place.start, place.size);
  }

  // The table is not signed: that the right blob stands at the place is seen from its header, and by its digest later.
  // Once for each: what a bundle holds stays as it is while it is open.
  async #checkPlace({ digest, size, header, start }: Place): Promise<void> {
    if (this.#checked.has(digest)) return;
    const entry = parseHeader(await this.file.read(header, BLOCK_BYTES));
    if (entry === undefined || entry.size !== size || nameToDigest(entry.name) !== digest) {
      throw bundleError('BUNDLE_CORRUPT', {
        subject: this.file.path,
        detail: `no ${blobName(digest)} at byte ${header}`,
      });
    }
    // Told now: once an answer has begun, all that can be said is to cut it off.
    this.file.checkSpan(start, size);
    this.#checked.add(digest);
  }
}

interface Front {
  readonly layout: string;
  readonly index: string;
  readonly table: string | undefined;
  readonly places: Place[];
}

async function readFront(file: RandomAccessFile): Promise<Front> {
  const texts = new Map<string, string>();
  const places: Place[] = [];
  let offset = 0;
  for (let count = 0; offset + BLOCK_BYTES <= file.size; count++) {
    if (count > MAX_ENTRIES) {
      const detail = `more than ${MAX_ENTRIES} files in it`;
      throw bundleError('BUNDLE_CORRUPT', { subject: file.path, detail });
    }
    const block = await file.read(offset, BLOCK_BYTES);
    const entry = parseHeader(block);
    if (entry === undefined && count === 0 && block.some((byte) => byte !== 0)) throw noTar(file.path, block);
    if (entry === undefined) break;
    const start = offset + BLOCK_BYTES;
    await visit(file, entry, { header: offset, start }, texts, places);
    offset = start + paddedSize(entry.size);
    const table = texts.get(TABLE_FILE);
    if (table !== undefined)
      return { ...filesOf(file, texts), table, places: placesFromTable(file, table, offset) };
  }
  return { ...filesOf(file, texts), table: undefined, places };
}

function noTar(subject: string, start: Buffer) {
  const packed = COMPRESSIONS.find(({ magic }) => start.subarray(0, magic.byteLength).equals(magic));
  if (packed === undefined) return bundleError('BUNDLE_CORRUPT', { subject, detail: 'it is not a tar' });
  const { program } = packed;
  return bundleError('BUNDLE_CORRUPT', {
    subject,
    detail: `it is compressed with ${program}, and is read in place`,
    remedy: `Unpack it with ${program} -d first.`,
  });
}

const COMPRESSIONS = [
  { program: 'gzip', magic: Buffer.from([0x1f, 0x8b]) },
  { program: 'zstd', magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) },
  { program: 'xz', magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]) },
];

async function visit(
  file: RandomAccessFile,
  entry: { name: string; size: number; type: string },
  at: { header: number; start: number },
  texts: Map<string, string>,
  places: Place[],
): Promise<void> {
  const name = entry.name.replace(/^\.\//, '');
  const digest = nameToDigest(name);
  if (entry.type === '0' && digest !== undefined) places.push({ digest, size: entry.size, ...at });
  if (entry.type !== '0' || !['oci-layout', 'index.json', 'manifest.json', TABLE_FILE].includes(name)) return;
  if (entry.size > MAX_INDEX_BYTES) {
    throw bundleError('BUNDLE_CORRUPT', {
      subject: file.path,
      detail: `${name} says it has ${entry.size} bytes`,
    });
  }
  texts.set(name, (await file.read(at.start, entry.size)).toString('utf8'));
}

function filesOf(file: RandomAccessFile, texts: Map<string, string>): { layout: string; index: string } {
  const layout = texts.get('oci-layout');
  const index = texts.get('index.json');
  if (layout !== undefined && index !== undefined) return { layout, index };
  if (texts.has('manifest.json')) throw dockerArchive(file.path);
  if (file.size < 3 * BLOCK_BYTES)
    throw bundleError('BUNDLE_TRUNCATED', { subject: file.path, detail: `${file.size} bytes` });
  throw bundleError('BUNDLE_CORRUPT', { subject: file.path, detail: 'no oci-layout and index.json in it' });
}

function placesFromTable(file: RandomAccessFile, text: string, first: number): Place[] {
  const entries = parseTable(text);
  if (entries === undefined)
    throw bundleError('BUNDLE_CORRUPT', { subject: file.path, detail: `${TABLE_FILE} is damaged` });
  let header = first;
  return entries.map((entry) => {
    const place = { ...entry, header, start: header + BLOCK_BYTES };
    header = place.start + paddedSize(entry.size);
    return place;
  });
}

function nameToDigest(name: string): Digest | undefined {
  const [, algorithm, hex] = BLOB_NAME.exec(name) ?? [];
  const digest = `${algorithm}:${hex}`;
  return isDigest(digest) && algorithmOf(digest) === algorithm ? digest : undefined;
}

import { createHash } from 'node:crypto';
import { recycle } from '../../content/bytes/chunk-memory.ts';
import { type Digest, DigestChecker, toDigest } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { formatIndex } from '../../content/layout/layout-index.ts';
import type { CallOptions } from '../../content/store.ts';
import { bundleError } from '../errors.ts';
import { formatPieces, PIECES_FILE, parsePieces } from '../volume/piece-digests.ts';
import { arrangementsOf } from '../volume/volume.ts';
import type { BundleStore } from './bundle-store.ts';
import type { RandomAccessFile } from './file.ts';
import {
  type Arrangement,
  arrange,
  blobName,
  formatTable,
  type Place,
  parseTable,
  placeName,
  type TableEntry,
} from './table.ts';
import { BLOCK_BYTES, END_BYTES, formatHeader } from './tar-header.ts';

export interface VerifyOptions extends CallOptions {
  readonly onProgress?: ((progress: { bytesDone: number; bytesTotal: number }) => void) | undefined;
}

/**
 * Reads a bundle from its first byte to its last, or those of its volumes that are here, and compares every one: content
 * with its digest, everything else with what it can only be. Which images and releases the digests belong to is for the
 * signature to say. Throws BUNDLE_TRUNCATED, BUNDLE_CORRUPT, BUNDLE_DIGEST_MISMATCH.
 */
export async function verifyBundle(bundle: BundleStore, options: VerifyOptions = {}): Promise<void> {
  const arrangements = expected(bundle);
  const here = bundle.volumes.flatMap(({ file }, at) => {
    const arrangement = arrangements[at];
    return file === undefined || arrangement === undefined ? [] : [{ file, arrangement }];
  });
  const bytesTotal = here.reduce((sum, { arrangement }) => sum + arrangement.size, 0);
  for (const { file, arrangement } of here) {
    if (file.size >= arrangement.size) continue;
    const detail = `${file.size} of ${arrangement.size} bytes`;
    throw bundleError('BUNDLE_TRUNCATED', { subject: file.path, detail });
  }
  const cut = new CutBlobs();
  let bytesBefore = 0;
  for (const { file, arrangement } of here) {
    const done = bytesBefore;
    const onBytes = (bytes: number) => options.onProgress?.({ bytesDone: done + bytes, bytesTotal });
    await new Walk(file, cut, onBytes, options.signal).all(arrangement);
    bytesBefore += arrangement.size;
  }
}

/** What each file has to be. */
function expected(bundle: BundleStore): Arrangement[] {
  const entries = readTable(bundle);
  const { index, mark } = bundle.front;
  if (mark === undefined) return [arrange(formatIndex(bundle.index), entries)];
  if (formatIndex(bundle.index) !== index)
    throw bundleError('BUNDLE_CORRUPT', { subject: bundle.path, detail: 'index.json is damaged' });
  return arrangementsOf({ index, table: formatTable(entries), mark }, bundle.path);
}

function readTable(bundle: BundleStore): TableEntry[] {
  const entries = bundle.front.table === undefined ? undefined : parseTable(bundle.front.table);
  if (entries === undefined || formatTable(entries) !== bundle.front.table) {
    throw bundleError('BUNDLE_CORRUPT', {
      subject: bundle.path,
      detail: 'its table is missing or damaged',
    });
  }
  return entries;
}

/** Blobs that are cut, as their pieces are read one after the other. */
class CutBlobs {
  readonly #checkers = new Map<Digest, DigestChecker>();

  /** What checks the whole of it; undefined where the bytes before these were not there to be read. */
  checkerAt(digest: Digest, offset: number): DigestChecker | undefined {
    const checker = this.#checkers.get(digest) ?? new DigestChecker(digest);
    this.#checkers.set(digest, checker);
    return checker.size === offset ? checker : undefined;
  }
}

class Walk {
  readonly #file: RandomAccessFile;
  readonly #cut: CutBlobs;
  readonly #onBytes: (bytes: number) => void;
  readonly #signal: AbortSignal | undefined;
  /** What the pieces hash to that were read. */
  readonly #pieces: Digest[] = [];
  /** The cut blob of which the last piece was read, and all before it. */
  #ended: { readonly checker: DigestChecker; readonly digest: Digest; readonly of: number } | undefined;
  #position = 0;

  constructor(
    file: RandomAccessFile,
    cut: CutBlobs,
    onBytes: (bytes: number) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#file = file;
    this.#cut = cut;
    this.#onBytes = onBytes;
    this.#signal = signal;
  }

  async all({ front, places, tail }: Arrangement): Promise<void> {
    for (const { name, text } of front) await this.#expect(framed(name, text), name);
    for (const place of places) {
      const name = placeName(place);
      await this.#expect(formatHeader(name, place.size), `the header of ${name}`);
      if (place.piece === undefined) await this.#blob(place);
      else await this.#piece(place, place.piece);
      await this.#expect(Buffer.alloc(-place.size & (BLOCK_BYTES - 1)), `the padding of ${name}`);
    }
    if (tail !== undefined) await this.#tail(places, tail);
    await this.#expect(Buffer.alloc(END_BYTES), 'the end');
    if (this.#file.size !== this.#position) throw this.#corrupt('the end: more bytes follow');
  }

  async #expect(expected: Buffer, what: string): Promise<void> {
    this.#signal?.throwIfAborted();
    const found = await this.#file.read(this.#position, expected.byteLength);
    if (!found.equals(expected)) throw this.#corrupt(what);
    this.#advance(expected.byteLength);
  }

  async #blob({ digest, start, size }: Place): Promise<void> {
    const checker = new DigestChecker(digest);
    await this.#read(start, size, (chunk) => checker.update(chunk));
    this.#finish(checker, blobName(digest), size);
  }

  async #piece(place: Place, { offset, of }: NonNullable<Place['piece']>): Promise<void> {
    const { digest, start, size } = place;
    const whole = this.#cut.checkerAt(digest, offset);
    const hash = createHash('sha256');
    await this.#read(start, size, (chunk) => {
      hash.update(chunk);
      whole?.update(chunk);
    });
    this.#pieces.push(toDigest('sha256', hash));
    // Looked at after the pieces, which say which volume is damaged.
    if (whole !== undefined && offset + size === of) this.#ended = { checker: whole, digest, of };
  }

  async #tail(places: readonly Place[], { size, start }: NonNullable<Arrangement['tail']>): Promise<void> {
    await this.#expect(formatHeader(PIECES_FILE, size), `the header of ${PIECES_FILE}`);
    const text = (await this.#file.read(start, size)).toString('utf8');
    const said = parsePieces(text);
    if (said === undefined || formatPieces(said) !== text) throw this.#corrupt(PIECES_FILE);
    const cut = places.filter(({ piece }) => piece !== undefined);
    for (const [at, place] of cut.entries()) {
      if (said[at] === this.#pieces[at]) continue;
      const detail = `${placeName(place)}, ${rangeOf(place)}: expected ${said[at]}, read ${this.#pieces[at]}`;
      throw bundleError('BUNDLE_DIGEST_MISMATCH', { subject: this.#file.path, detail });
    }
    this.#advance(size);
    await this.#expect(Buffer.alloc(-size & (BLOCK_BYTES - 1)), `the padding of ${PIECES_FILE}`);
    if (this.#ended !== undefined)
      this.#finish(this.#ended.checker, blobName(this.#ended.digest), this.#ended.of);
  }

  async #read(start: number, size: number, see: (chunk: Buffer) => void): Promise<void> {
    for await (const chunk of this.#file.stream(start, size, this.#signal)) {
      see(chunk);
      this.#advance(chunk.byteLength);
      recycle(chunk);
    }
  }

  #finish(checker: DigestChecker, name: string, size: number): void {
    try {
      checker.finish(`${this.#file.path}: ${name}`, size);
    } catch (error) {
      if (!isSkerryError(error)) throw error;
      throw bundleError('BUNDLE_DIGEST_MISMATCH', { subject: error.subject, detail: error.detail });
    }
  }

  #advance(bytes: number): void {
    this.#position += bytes;
    this.#onBytes(this.#position);
  }

  #corrupt(what: string) {
    return bundleError('BUNDLE_CORRUPT', {
      subject: this.#file.path,
      detail: `at byte ${this.#position}: ${what}`,
    });
  }
}

function rangeOf({ start, size }: Place): string {
  return `bytes ${start} to ${start + size - 1}`;
}

function framed(name: string, text: string): Buffer {
  const size = Buffer.byteLength(text);
  return Buffer.concat([
    formatHeader(name, size),
    Buffer.from(text),
    Buffer.alloc(-size & (BLOCK_BYTES - 1)),
  ]);
}

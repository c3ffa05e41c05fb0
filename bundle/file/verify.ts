import { recycle } from '../../content/bytes/chunk-memory.ts';
import { DigestChecker } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { formatIndex } from '../../content/layout/layout-index.ts';
import type { CallOptions } from '../../content/store.ts';
import { bundleError } from '../errors.ts';
import type { BundleStore } from './bundle-store.ts';
import { arrange, blobName, formatTable, type Place, parseTable, type TableEntry } from './table.ts';
import { BLOCK_BYTES, formatHeader } from './tar-header.ts';

export interface VerifyOptions extends CallOptions {
  readonly onProgress?: ((progress: { bytesDone: number; bytesTotal: number }) => void) | undefined;
}

/**
 * Reads a bundle from its first byte to its last and compares every one: content with its digest, everything else
 * with what it can only be. Which images and releases the digests belong to is for the signature to say.
 * Throws BUNDLE_TRUNCATED, BUNDLE_CORRUPT, BUNDLE_DIGEST_MISMATCH.
 */
export async function verifyBundle(bundle: BundleStore, options: VerifyOptions = {}): Promise<void> {
  const arrangement = arrange(formatIndex(bundle.index), readTable(bundle));
  const walk = new Walk(bundle, arrangement.size, options);
  if (bundle.file.size < arrangement.size) {
    const detail = `${bundle.file.size} of ${arrangement.size} bytes`;
    throw bundleError('BUNDLE_TRUNCATED', { subject: bundle.file.path, detail });
  }
  for (const { name, text } of arrangement.front) await walk.expect(framed(name, text), name);
  for (const place of arrangement.places) {
    await walk.expect(
      formatHeader(blobName(place.digest), place.size),
      `the header of ${blobName(place.digest)}`,
    );
    await walk.blob(place);
  }
  await walk.expect(Buffer.alloc(2 * BLOCK_BYTES), 'the end');
  walk.ended();
}

function readTable(bundle: BundleStore): TableEntry[] {
  const entries = bundle.front.table === undefined ? undefined : parseTable(bundle.front.table);
  if (entries === undefined || formatTable(entries) !== bundle.front.table) {
    throw bundleError('BUNDLE_CORRUPT', {
      subject: bundle.file.path,
      detail: 'its table is missing or damaged',
    });
  }
  return entries;
}

class Walk {
  readonly #bundle: BundleStore;
  readonly #total: number;
  readonly #options: VerifyOptions;
  #position = 0;

  constructor(bundle: BundleStore, total: number, options: VerifyOptions) {
    this.#bundle = bundle;
    this.#total = total;
    this.#options = options;
  }

  async expect(expected: Buffer, what: string): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const found = await this.#bundle.file.read(this.#position, expected.byteLength);
    if (!found.equals(expected)) throw this.#corrupt(what);
    this.#advance(expected.byteLength);
  }

  async blob({ digest, start, size }: Place): Promise<void> {
    const checker = new DigestChecker(digest);
    for await (const chunk of this.#bundle.file.stream(start, size, this.#options.signal)) {
      checker.update(chunk);
      this.#advance(chunk.byteLength);
      recycle(chunk);
    }
    try {
      checker.finish(`${this.#bundle.file.path}: ${blobName(digest)}`, size);
    } catch (error) {
      if (!isSkerryError(error)) throw error;
      throw bundleError('BUNDLE_DIGEST_MISMATCH', { subject: error.subject, detail: error.detail });
    }
    await this.expect(Buffer.alloc(-size & (BLOCK_BYTES - 1)), `the padding of ${blobName(digest)}`);
  }

  ended(): void {
    if (this.#bundle.file.size !== this.#position) throw this.#corrupt('the end: more bytes follow');
  }

  #advance(bytes: number): void {
    this.#position += bytes;
    this.#options.onProgress?.({ bytesDone: this.#position, bytesTotal: this.#total });
  }

  #corrupt(what: string) {
    return bundleError('BUNDLE_CORRUPT', {
      subject: this.#bundle.file.path,
      detail: `at byte ${this.#position}: ${what}`,
    });
  }
}

function framed(name: string, text: string): Buffer {
  const size = Buffer.byteLength(text);
  return Buffer.concat([
    formatHeader(name, size),
    Buffer.from(text),
    Buffer.alloc(-size & (BLOCK_BYTES - 1)),
  ]);
}

import { type FileHandle, mkdir, open, rename, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileSize, hasCode, translate } from '../content/blob-file.ts';
import { recycle } from '../content/chunk-memory.ts';
import type { Descriptor } from '../content/descriptor.ts';
import { checkDigest, type Digest, DigestChecker } from '../content/digest.ts';
import { contentError } from '../content/errors.ts';
import { formatIndex, type LayoutIndex } from '../content/layout-index.ts';
import { readSpan } from '../content/read-span.ts';
import { SpanWriter } from '../content/span-writer.ts';
import type { BlobSource, CallOptions, ContentSink, Manifest, TagOrDigest } from '../content/store.ts';
import { WriteBack } from '../content/write-back.ts';
import { writeFully } from '../content/write-fully.ts';
import { bundleError } from './errors.ts';
import { type Arrangement, arrange, blobName, type Place, type TableEntry } from './table.ts';
import { BLOCK_BYTES, formatHeader, paddedSize } from './tar-header.ts';

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

  private constructor(path: string, partial: string, file: FileHandle, arrangement: Arrangement) {
    this.name = `bundle ${path}`;
    this.arrangement = arrangement;
    this.#path = path;
    this.#partial = partial;
    this.#file = file;
    this.#writeBack = new WriteBack(file);
    this.#places = new Map(arrangement.places.map((place) => [place.digest, place]));
  }

  /**
   * Starts a bundle, or goes on with one of the same content, finished or not. Throws DISK_FULL before anything is
   * written, unless there is room for the bundle and `besides` bytes of other files; OUTPUT_UNUSABLE.
   */
  static async open(
    path: string,
    index: LayoutIndex,
    entries: readonly TableEntry[],
    besides = 0,
  ): Promise<BundleWriter> {
    const arrangement = arrange(formatIndex(index), entries);
    const partial = `${path}.partial`;
    await makeFolder(dirname(path));
    if (await beginsWith(path, frontOf(arrangement))) await rename(path, partial);
    await checkSpace(path, partial, arrangement.size + besides);
    const file = await open(partial, (await fileSize(partial)) === undefined ? 'w+' : 'r+');
    try {
      const writer = new BundleWriter(path, partial, file, arrangement);
      await writer.#start();
      return writer;
    } catch (error) {
      await file.close();
      throw translate(error, path);
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
    source: BlobSource,
    options: CallOptions = {},
  ): Promise<void> {
    const place = this.#placeOf(descriptor.digest);
    if (this.#done.has(descriptor.digest)) return;
    try {
      const checker = new DigestChecker(descriptor.digest);
      const writer = new SpanWriter(this.#file, place.start, (bytes) => this.#writeBack.wrote(bytes));
      for await (const chunk of await source(0)) {
        options.signal?.throwIfAborted();
        if (checker.size + chunk.byteLength > place.size) {
          throw contentError('SIZE_MISMATCH', {
            subject: descriptor.digest,
            detail: `more than ${place.size} bytes`,
          });
        }
        checker.update(chunk);
        await writer.write(chunk);
      }
      await writer.flush();
      checker.finish(descriptor.digest, place.size);
      await this.#commit(place);
    } catch (error) {
      throw translate(error, this.#path);
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
      throw translate(error, this.#path);
    }
  }

  /** Ends the bundle: everything must have come. The file gets its name only now. */
  async finish(): Promise<void> {
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
      await this.#writeBack.finish();
      await this.#file.close();
      await rename(this.#partial, this.#path);
    } catch (error) {
      throw translate(error, this.#path);
    }
  }

  /** Leaves the partial file for another run. */
  async abandon(): Promise<void> {
    await this.#writeBack.settle().catch(() => {});
    await this.#file.close();
  }

  async #start(): Promise<void> {
    const front = frontOf(this.arrangement);
    const found = Buffer.alloc(front.byteLength);
    await this.#file.read(found, 0, found.byteLength, 0);
    if (found.equals(front)) {
      await this.#findDone();
      return;
    }
    await this.#file.truncate(0);
    await writeFully(this.#file, front, 0);
  }

  // Only what still hashes to its digest counts: a power cut may have left a header without its bytes.
  async #findDone(): Promise<void> {
    for (const place of this.arrangement.places) {
      const header = Buffer.alloc(BLOCK_BYTES);
      await this.#file.read(header, 0, BLOCK_BYTES, place.header);
      if (!header.equals(formatHeader(blobName(place.digest), place.size))) continue;
      if ((await this.#hashes(place)) && (await this.#isPadded(place))) this.#done.add(place.digest);
    }
  }

  async #hashes({ digest, start, size }: Place): Promise<boolean> {
    const checker = new DigestChecker(digest);
    for await (const chunk of readSpan(this.#file, start, start + size)) {
      checker.update(chunk);
      recycle(chunk);
    }
    try {
      checker.finish(digest, size);
      return true;
    } catch {
      return false;
    }
  }

  async #isPadded({ start, size }: Place): Promise<boolean> {
    const padding = paddingOf(size);
    const found = Buffer.alloc(padding.byteLength);
    // Fewer bytes than asked for are the end of the file, which will be filled with zeros.
    await this.#file.read(found, 0, found.byteLength, start + size);
    return found.equals(padding);
  }

  async #commit(place: Place): Promise<void> {
    await writeFully(this.#file, paddingOf(place.size), place.start + place.size);
    await writeFully(this.#file, formatHeader(blobName(place.digest), place.size), place.header);
    this.#done.add(place.digest);
  }

  #placeOf(digest: Digest): Place {
    const place = this.#places.get(digest);
    if (place === undefined)
      throw contentError('CONTENT_NOT_FOUND', { subject: digest, detail: `not planned for ${this.#path}` });
    return place;
  }
}

function frontOf({ front }: Arrangement): Buffer {
  return Buffer.concat(
    front.flatMap(({ name, text }) => [formatHeader(name, Buffer.byteLength(text)), padded(text)]),
  );
}

function padded(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([bytes, paddingOf(bytes.byteLength)]);
}

function paddingOf(size: number): Buffer {
  return Buffer.alloc(paddedSize(size) - size);
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    if (!UNUSABLE.some((code) => hasCode(cause, code))) throw translate(cause, path);
    throw bundleError('OUTPUT_UNUSABLE', { subject: path, cause });
  }
}

const UNUSABLE = ['EEXIST', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS'];

async function beginsWith(path: string, front: Buffer): Promise<boolean> {
  if (((await fileSize(path)) ?? 0) < front.byteLength) return false;
  const file = await open(path, 'r');
  try {
    const found = Buffer.alloc(front.byteLength);
    await file.read(found, 0, found.byteLength, 0);
    return found.equals(front);
  } finally {
    await file.close();
  }
}

async function checkSpace(path: string, partial: string, size: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path));
  const free = bavail * bsize + (await bytesOnDisk(partial));
  if (free < size) {
    throw contentError('DISK_FULL', {
      subject: dirname(path),
      detail: `${size} bytes are needed, ${bavail * bsize} are free`,
    });
  }
}

// A partial bundle has holes, which its size does not tell.
async function bytesOnDisk(path: string): Promise<number> {
  try {
    return (await stat(path)).blocks * 512;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0;
    throw error;
  }
}

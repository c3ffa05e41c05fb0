import { mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  fileSize,
  hasCode,
  moveIntoPlace,
  readBlobFile,
  receiveBlobFile,
  replaceFile,
} from '../bytes/blob-file.ts';
import { diskError, onDisk, streamOnDisk } from '../bytes/disk-error.ts';
import type { Descriptor } from '../descriptor.ts';
import { algorithmOf, checkDigest, type Digest, hexOf, isDigest } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { contentError } from '../errors.ts';
import { KeyedMutex } from '../keyed-mutex.ts';
import { descriptorOf, parseManifest } from '../manifest.ts';
import type { BlobSource, CallOptions, Manifest, ReadOptions, TagOrDigest, WritableStore } from '../store.ts';
import type { BatchingStore } from '../stores/batching-store.ts';
import type { FreeingStore, StoredName } from '../stores/deleting-store.ts';
import { IndexFile } from './index-file.ts';
import {
  checkLayoutFile,
  formatIndex,
  type LayoutIndex,
  MAX_INDEX_BYTES,
  OCI_LAYOUT_FILE,
  parseIndex,
} from './layout-index.ts';
import { LayoutNames, NAMELESS } from './layout-names.ts';
import { type LayoutBlobs, LayoutReader } from './layout-reader.ts';
import { unreachable } from './sweep.ts';

/**
 * Opens an OCI image layout in a folder (image-spec, image-layout.md); with `create` an empty one is made where there
 * is none. Throws STORE_NOT_FOUND, LAYOUT_INVALID, and what diskError makes; so do the store's methods.
 */
export async function openLayout(folder: string, options: { create?: boolean } = {}): Promise<LayoutStore> {
  if (options.create) await onDisk(folder, () => createLayout(folder));
  return new LayoutStore(folder, await readIndex(folder));
}

export class LayoutStore extends LayoutReader implements WritableStore, FreeingStore, BatchingStore {
  readonly name: string;
  readonly #folder: string;
  readonly #file: IndexFile;
  /** Manifests that have lost a name since the layout was opened. */
  readonly #unlinkedSince = new Set<Digest>();
  /** Two writers of one digest share one transfer. */
  readonly #transfers = new KeyedMutex<Digest>();

  constructor(folder: string, index: LayoutIndex) {
    const names = new LayoutNames(index);
    super(names, new BlobFiles(folder));
    this.name = `layout ${folder}`;
    this.#folder = folder;
    this.#file = new IndexFile(join(folder, 'index.json'), names);
  }

  async statBlob(_repository: string, digest: Digest): Promise<number | undefined> {
    const path = blobPath(this.#folder, digest);
    return await onDisk(path, () => fileSize(path));
  }

  async readBlob(_repository: string, digest: Digest, options: ReadOptions = {}) {
    const path = blobPath(this.#folder, digest);
    const reader = await onDisk(path, () => readBlobFile(path, options));
    return reader && { size: reader.size, stream: streamOnDisk(path, reader.stream) };
  }

  async writeBlob(
    _repository: string,
    descriptor: Descriptor,
    source: BlobSource,
    options: CallOptions = {},
  ) {
    // Who comes second finds the blob there, or tries in turn.
    await this.#transfers.run(descriptor.digest, () => this.#receive(descriptor, source, options));
  }

  /** Takes over a file whose bytes are known to hash to `digest`, without copying them. */
  async adoptBlob(_repository: string, digest: Digest, path: string): Promise<void> {
    const own = blobPath(this.#folder, digest);
    const held = await fileSize(own);
    if (held !== undefined && held === (await fileSize(path))) await rm(path, { force: true });
    else await moveIntoPlace(path, own);
  }

  /** Where a blob lies, for serving it from the file. */
  async locateBlob(_repository: string, digest: Digest) {
    const path = blobPath(this.#folder, digest);
    const size = await fileSize(path);
    return size === undefined ? undefined : { path, offset: 0, size };
  }

  async mountBlob(_repository: string, descriptor: Descriptor): Promise<boolean> {
    return (await fileSize(blobPath(this.#folder, descriptor.digest))) === descriptor.size;
  }

  async writeManifest(repository: string, reference: TagOrDigest, manifest: Manifest): Promise<void> {
    checkDigest(manifest.digest, manifest.bytes, `${repository}@${manifest.digest}`);
    const content = parseManifest(manifest, `${repository}@${manifest.digest}`);
    await this.#writeManifestBlob(manifest);
    const descriptor = descriptorOf(manifest);
    if (!isDigest(reference))
      await this.#unlink(repository, reference, (names) => names.setTag(repository, reference, descriptor));
    else if (content.subject) await this.#file.change((names) => names.addUntagged(descriptor));
  }

  /** Takes the names away; the files stay until `freeSpace`, as others may name them too. */
  async deleteManifest(repository: string, digest: Digest): Promise<boolean> {
    return await this.#unlink(repository, digest, (names) => names.deleteDigest(repository, digest));
  }

  async deleteTag(repository: string, tag: string): Promise<boolean> {
    return await this.#unlink(repository, tag, (names) => names.deleteTag(repository, tag));
  }

  async wouldFree(names: readonly StoredName[], options: CallOptions = {}): Promise<Map<Digest, number>> {
    const rest = new LayoutNames(this.names.index);
    const gone = names.flatMap(({ repository, tag }) => {
      const digest = rest.find(repository, tag)?.digest;
      return rest.deleteTag(repository, tag) && digest !== undefined ? [digest] : [];
    });
    return await this.#nameless(gone, rest, options);
  }

  /**
   * Deletes the files of what has lost its last name since the layout was opened. Nothing may be written to it meanwhile.
   */
  async freeSpace(options: CallOptions = {}): Promise<{ readonly blobs: number; readonly bytes: number }> {
    const freed = { blobs: 0, bytes: 0 };
    for (const [digest, size] of await this.#nameless(this.#unlinkedSince, this.names, options)) {
      await onDisk(this.#folder, () => rm(blobPath(this.#folder, digest), { force: true }));
      freed.blobs++;
      freed.bytes += size;
    }
    this.#unlinkedSince.clear();
    return freed;
  }

  /** Of all that these manifests lead to, what no name does, with its sizes. */
  async #nameless(
    gone: Iterable<Digest>,
    { index }: LayoutNames,
    options: CallOptions,
  ): Promise<Map<Digest, number>> {
    const kept = index.map(({ digest }) => digest);
    const sizes = new Map<Digest, number>();
    for (const digest of await unreachable(
      gone,
      kept,
      (each) => this.readManifest(NAMELESS, each),
      options,
    )) {
      const size = await this.statBlob(NAMELESS, digest);
      if (size !== undefined) sizes.set(digest, size);
    }
    return sizes;
  }

  /** Remembers what a name stood for before it stands for something else, or for nothing. */
  async #unlink(
    repository: string,
    reference: TagOrDigest,
    change: (names: LayoutNames) => boolean,
  ): Promise<boolean> {
    const before = this.names.find(repository, reference)?.digest;
    const isChanged = await this.#file.change(change);
    if (isChanged && before !== undefined) this.#unlinkedSince.add(before);
    return isChanged;
  }

  beginBatch(): () => Promise<void> {
    return this.#file.beginBatch();
  }

  async #receive(descriptor: Descriptor, source: BlobSource, options: CallOptions): Promise<void> {
    const path = blobPath(this.#folder, descriptor.digest);
    if ((await fileSize(path)) === descriptor.size) return;
    const partial = join(this.#folder, '.partial', descriptor.digest.replace(':', '-'));
    await onDisk(path, () =>
      receiveBlobFile({ path, partial, subject: descriptor.digest }, descriptor, source, options),
    ).catch((error: unknown) => {
      if (!isSkerryError(error, 'DISK_FULL')) throw error;
      const detail = `no room for ${descriptor.digest}, ${descriptor.size} bytes`;
      throw contentError('DISK_FULL', { subject: this.#folder, detail, cause: error });
    });
  }

  async #writeManifestBlob({ digest, bytes }: Manifest): Promise<void> {
    const path = blobPath(this.#folder, digest);
    if ((await fileSize(path)) === bytes.byteLength) return;
    await onDisk(path, async () => {
      await mkdir(join(path, '..'), { recursive: true });
      await replaceFile(path, bytes);
    });
  }
}

class BlobFiles implements LayoutBlobs {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  placeOf(digest: Digest): string {
    return blobPath(this.#folder, digest);
  }

  async sizeOf(digest: Digest): Promise<number | undefined> {
    const path = this.placeOf(digest);
    return await onDisk(path, () => fileSize(path));
  }

  async readWhole(digest: Digest): Promise<Uint8Array> {
    const path = this.placeOf(digest);
    return await onDisk(path, () => readFile(path));
  }
}

function blobPath(folder: string, digest: Digest): string {
  return join(folder, 'blobs', algorithmOf(digest), hexOf(digest));
}

async function createLayout(folder: string): Promise<void> {
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  if ((await fileSize(join(folder, 'index.json'))) === undefined) {
    await replaceFile(join(folder, 'index.json'), formatIndex([]));
  }
  if ((await fileSize(join(folder, 'oci-layout'))) === undefined) {
    await replaceFile(join(folder, 'oci-layout'), OCI_LAYOUT_FILE);
  }
}

async function readIndex(folder: string): Promise<LayoutIndex> {
  try {
    checkLayoutFile(await readFront(join(folder, 'oci-layout'), folder), folder);
    return parseIndex(await readFront(join(folder, 'index.json'), folder), folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) {
      const isArchive = (await fileSize(join(folder, 'manifest.json'))) !== undefined;
      throw isArchive
        ? dockerArchive(folder)
        : contentError('STORE_NOT_FOUND', { subject: folder, cause: error });
    }
    throw diskError(error, folder);
  }
}

/** What docker save wrote before version 25, and podman save writes still: no OCI layout. */
export function dockerArchive(subject: string) {
  return contentError('LAYOUT_INVALID', {
    subject,
    detail: 'it is a docker-archive (manifest.json), not an OCI image layout',
    remedy:
      'Save it with Docker 25 or later, or turn it into a layout: skopeo copy docker-archive:FILE oci:FOLDER:NAME:TAG.',
  });
}

async function readFront(path: string, subject: string): Promise<string> {
  const size = (await fileSize(path)) ?? 0;
  if (size > MAX_INDEX_BYTES)
    throw contentError('LAYOUT_INVALID', { subject, detail: `${basename(path)} has ${size} bytes` });
  return await readFile(path, 'utf8');
}

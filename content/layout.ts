import { mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileSize, hasCode, moveIntoPlace, readBlobFile, receiveBlobFile, replaceFile } from './blob-file.ts';
import type { Descriptor } from './descriptor.ts';
import { algorithmOf, checkDigest, type Digest, hexOf, isDigest } from './digest.ts';
import { contentError } from './errors.ts';
import {
  checkLayoutFile,
  formatIndex,
  type LayoutIndex,
  MAX_INDEX_BYTES,
  OCI_LAYOUT_FILE,
  parseIndex,
  withTag,
  withUntagged,
} from './layout-index.ts';
import { LayoutNames } from './layout-names.ts';
import { descriptorOf, MAX_MANIFEST_BYTES, mediaTypeOfManifest, parseManifest } from './manifest.ts';
import { Referrers } from './referrers.ts';
import type {
  BlobSource,
  CallOptions,
  Manifest,
  PageOptions,
  ReadOptions,
  TagOrDigest,
  WritableStore,
} from './store.ts';

/**
 * Opens an OCI image layout in a folder (image-spec, image-layout.md); with `create` an empty one is made where there
 * is none. Throws STORE_NOT_FOUND, LAYOUT_INVALID.
 */
export async function openLayout(folder: string, options: { create?: boolean } = {}): Promise<LayoutStore> {
  if (options.create) await createLayout(folder);
  return new LayoutStore(folder, await readIndex(folder));
}

export class LayoutStore implements WritableStore {
  readonly name: string;
  readonly #folder: string;
  readonly #referrers = new Referrers();
  #names: LayoutNames;
  /** Writes of index.json, one after the other. */
  #writing: Promise<void> = Promise.resolve();
  /** Blobs on their way, so that two writers of one digest share one transfer. */
  readonly #arriving = new Map<Digest, Promise<void>>();

  constructor(folder: string, index: LayoutIndex) {
    this.name = `layout ${folder}`;
    this.#folder = folder;
    this.#names = new LayoutNames(index);
  }

  async statBlob(_repository: string, digest: Digest): Promise<number | undefined> {
    return await fileSize(this.#blobPath(digest));
  }

  async readBlob(_repository: string, digest: Digest, options: ReadOptions = {}) {
    return await readBlobFile(this.#blobPath(digest), options);
  }

  async readManifest(repository: string, reference: TagOrDigest): Promise<Manifest | undefined> {
    const found = this.#names.find(repository, reference);
    return found && (await this.#manifestBlob(found.digest, found.mediaType));
  }

  async listTags(repository: string, options: PageOptions = {}): Promise<string[]> {
    return this.#names.listTags(repository, options);
  }

  async listRepositories(options: PageOptions = {}): Promise<string[]> {
    return this.#names.listRepositories(options);
  }

  async hasRepository(repository: string): Promise<boolean> {
    return this.#names.hasRepository(repository);
  }

  async listReferrers(_repository: string, digest: Digest): Promise<Descriptor[]> {
    return await this.#referrers.of(digest, this.#names.index, (entry) =>
      this.#manifestBlob(entry.digest, entry.mediaType),
    );
  }

  async writeBlob(
    _repository: string,
    descriptor: Descriptor,
    source: BlobSource,
    options: CallOptions = {},
  ) {
    const { digest } = descriptor;
    // Whoever shares a transfer does not share its fate: when it fails or is cancelled, the next one tries.
    for (let arriving = this.#arriving.get(digest); arriving; arriving = this.#arriving.get(digest))
      if (await succeeds(arriving)) return;
    const transfer = this.#receive(descriptor, source, options).finally(() => this.#arriving.delete(digest));
    this.#arriving.set(digest, transfer);
    await transfer;
  }

  /** Takes over a file whose bytes are known to hash to `digest`, without copying them. */
  async adoptBlob(_repository: string, digest: Digest, path: string): Promise<void> {
    const held = await fileSize(this.#blobPath(digest));
    if (held !== undefined && held === (await fileSize(path))) await rm(path, { force: true });
    else await moveIntoPlace(path, this.#blobPath(digest));
  }

  /** Where a blob lies, for serving it from the file. */
  async locateBlob(_repository: string, digest: Digest) {
    const path = this.#blobPath(digest);
    const size = await fileSize(path);
    return size === undefined ? undefined : { path, offset: 0, size };
  }

  async mountBlob(_repository: string, descriptor: Descriptor): Promise<boolean> {
    return (await fileSize(this.#blobPath(descriptor.digest))) === descriptor.size;
  }

  async writeManifest(repository: string, reference: TagOrDigest, manifest: Manifest): Promise<void> {
    checkDigest(manifest.digest, manifest.bytes, `${repository}@${manifest.digest}`);
    const content = parseManifest(manifest, `${repository}@${manifest.digest}`);
    await this.#writeManifestBlob(manifest);
    const descriptor = descriptorOf(manifest);
    if (!isDigest(reference))
      await this.#update((index) => withTag(index, repository, reference, descriptor));
    else if (content.subject) await this.#update((index) => withUntagged(index, descriptor));
  }

  async #receive(descriptor: Descriptor, source: BlobSource, options: CallOptions): Promise<void> {
    const path = this.#blobPath(descriptor.digest);
    if ((await fileSize(path)) === descriptor.size) return;
    const partial = join(this.#folder, '.partial', descriptor.digest.replace(':', '-'));
    await receiveBlobFile({ path, partial, subject: descriptor.digest }, descriptor, source, options);
  }

  async #writeManifestBlob({ digest, bytes }: Manifest): Promise<void> {
    const path = this.#blobPath(digest);
    if ((await fileSize(path)) === bytes.byteLength) return;
    await mkdir(join(path, '..'), { recursive: true });
    await replaceFile(path, bytes);
  }

  async #manifestBlob(digest: Digest, mediaType: string | undefined): Promise<Manifest | undefined> {
    const path = this.#blobPath(digest);
    const size = await fileSize(path);
    if (size === undefined || size > MAX_MANIFEST_BYTES) return undefined;
    const bytes = await readFile(path);
    checkDigest(digest, bytes, path);
    try {
      return { digest, bytes, mediaType: mediaTypeOfManifest(bytes, digest, mediaType) };
    } catch {
      // Any small blob may be asked for by its digest; one that is no manifest is not found as one.
      return undefined;
    }
  }

  async #update(change: (index: LayoutIndex) => LayoutIndex): Promise<void> {
    const write = this.#writing.then(async () => {
      const next = change(this.#names.index);
      if (next === this.#names.index) return;
      await replaceFile(join(this.#folder, 'index.json'), formatIndex(next));
      this.#names = new LayoutNames(next);
    });
    this.#writing = write.catch(() => {});
    await write;
  }

  #blobPath(digest: Digest): string {
    return join(this.#folder, 'blobs', algorithmOf(digest), hexOf(digest));
  }
}

async function succeeds(transfer: Promise<void>): Promise<boolean> {
  return await transfer.then(
    () => true,
    () => false,
  );
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
      throw contentError('STORE_NOT_FOUND', { subject: folder, cause: error });
    }
    throw error;
  }
}

async function readFront(path: string, subject: string): Promise<string> {
  const size = (await fileSize(path)) ?? 0;
  if (size > MAX_INDEX_BYTES)
    throw contentError('LAYOUT_INVALID', { subject, detail: `${basename(path)} has ${size} bytes` });
  return await readFile(path, 'utf8');
}

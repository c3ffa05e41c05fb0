import { companionTags } from '../../content/companion-tag.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import { checkDigest, type Digest, isDigest } from '../../content/digest.ts';
import type { BlobSource, CallOptions, Manifest, TagOrDigest } from '../../content/store.ts';
import type { Ballast } from './files/ballast.ts';
import type { BlobPool } from './files/blob-pool.ts';
import type { StoreIndex } from './index/store-index.ts';
import type { Change, Transaction } from './log/change.ts';
import type { ChangeLog } from './log/change-log.ts';
import { factsOf } from './manifests/manifest-facts.ts';
import type { Pins } from './pins.ts';
import type { Quarantine } from './quarantine.ts';
import { inSlices } from './slices.ts';

export interface StoreWriterParts {
  readonly files: BlobPool;
  readonly ballast: Ballast;
  readonly index: StoreIndex;
  readonly log: ChangeLog;
  readonly pins: Pins;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Takes content into a store and out of its repositories: files first, then the log, which the index follows. */
export class StoreWriter {
  readonly #parts: StoreWriterParts;
  readonly #quarantine: Quarantine;

  constructor(parts: StoreWriterParts, quarantine: Quarantine) {
    this.#parts = parts;
    this.#quarantine = quarantine;
  }

  async writeBlob(
    repository: string,
    descriptor: Descriptor,
    source: BlobSource,
    options: CallOptions = {},
  ): Promise<void> {
    const { digest, size } = descriptor;
    await this.#bring(digest, [digest], async () => {
      await this.#parts.files.receive(descriptor, source, this.#isHere, options);
      await this.#keepBlob(repository, { digest, size }, options);
    });
  }

  async adoptBlob(
    repository: string,
    digest: Digest,
    path: string,
    options: CallOptions = {},
  ): Promise<void> {
    await this.#bring(digest, [digest], async () => {
      const size = await this.#parts.files.adopt(digest, path);
      await this.#keepBlob(repository, { digest, size }, options);
    });
  }

  async mountBlob(
    repository: string,
    { digest }: Descriptor,
    from: string,
    options: CallOptions = {},
  ): Promise<boolean> {
    return await this.#keptDuring(digest, [digest], async () => {
      const size = this.#parts.index.blobSize(from, digest);
      if (size === undefined) return false;
      await this.#keepBlob(repository, { digest, size }, options);
      return true;
    });
  }

  async writeManifest(
    repository: string,
    reference: TagOrDigest,
    manifest: Manifest,
    { by }: CallOptions = {},
  ): Promise<void> {
    const { digest, mediaType, bytes } = manifest;
    const name = `${repository}@${digest}`;
    checkDigest(digest, bytes, name);
    const facts = factsOf(manifest, name);
    const subject = facts.subject === undefined ? [] : [facts.subject];
    const named = [...facts.blobs, ...facts.manifests];
    await this.#bring(digest, [digest, ...subject, ...named], async () => {
      await this.#parts.files.put(digest, bytes, this.#isHere);
      const at = this.#parts.clock();
      const changes: Change[] = [{ op: 'manifest', repository, digest, mediaType, at }];
      if (!isDigest(reference)) changes.push({ op: 'tag', repository, tag: reference, digest, at });
      const isNew = this.#parts.index.manifestByDigest(repository, digest) === undefined;
      await this.#parts.log.append({ changes, facts });
      // One that was here already is no sign that a push has come to its end.
      if (isNew) for (const each of new Set(named)) this.#parts.pins.used(repository, each, by);
      if (isDigest(reference)) this.#parts.pins.pinPushed(repository, digest, by);
    });
  }

  async deleteManifest(repository: string, digest: Digest): Promise<boolean> {
    if (this.#parts.index.manifestByDigest(repository, digest) === undefined) return false;
    await this.commit([{ op: 'drop-manifest', repository, digest, at: this.#parts.clock() }]);
    await this.#release(repository, digest);
    return true;
  }

  async deleteTag(repository: string, tag: string): Promise<boolean> {
    const held = this.#parts.index.manifestByTag(repository, tag);
    if (held === undefined) return false;
    await this.commit([{ op: 'drop-tag', repository, tag, at: this.#parts.clock() }]);
    await this.#release(repository, held.digest);
    return true;
  }

  async deleteBlob(repository: string, digest: Digest): Promise<boolean> {
    if (!this.#parts.index.holdsBlob(repository, digest)) return false;
    await this.commit([{ op: 'drop-blob', repository, digest, at: this.#parts.clock() }]);
    return true;
  }

  /** Makes changes durable, then visible. Throws DISK_FULL; then none of them happened. */
  async commit(changes: Transaction): Promise<void> {
    if (changes.every(({ op }) => op.startsWith('drop-'))) await this.#parts.ballast.trim();
    await this.#parts.log.append({ changes });
  }

  async #keepBlob(
    repository: string,
    { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
    { by }: CallOptions,
  ): Promise<void> {
    await this.commit([{ op: 'blob', repository, digest, size, at: this.#parts.clock() }]);
    this.#parts.pins.pinPushed(repository, digest, by);
  }

  async #keptDuring(digest: Digest, held: readonly Digest[], work: () => Promise<boolean>): Promise<boolean> {
    return await this.#parts.pins.during(held, () => this.#quarantine.isKeptDuring(digest, work));
  }

  async #bring(digest: Digest, held: readonly Digest[], work: () => Promise<void>): Promise<void> {
    const isKept = await this.#keptDuring(digest, held, async () => {
      await work();
      return true;
    });
    if (!isKept) throw new Error(`${digest} was taken out of service while it was pushed`);
  }

  readonly #isHere = (digest: Digest): boolean => this.#parts.index.fileSize(digest) !== undefined;

  // A client that deletes an image has looked at it first. That it was read must not keep what was deleted by name. What is below
  // an index was not named: another client may have asked for it, to leave it out of a push of another index.
  async #release(repository: string, digest: Digest): Promise<void> {
    await inSlices(this.#releaseEach(repository, digest), new AbortController().signal);
  }

  // There may be thousands of referrers. Who comes while they are gone through asks for what is there now, and is heard.
  *#releaseEach(repository: string, digest: Digest): Generator<undefined> {
    const { pins } = this.#parts;
    const now = pins.now();
    for (const each of this.#parts.index.withReferrers(digest)) {
      pins.release(repository, each, now);
      for (const tag of companionTags(each)) {
        const companion = this.#parts.index.manifestByTag(repository, tag);
        if (companion !== undefined) pins.release(repository, companion.digest, now);
      }
      yield;
    }
  }
}

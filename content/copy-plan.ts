import type { Descriptor } from './descriptor.ts';
import { algorithmOf, type Digest, hexOf, isDigest } from './digest.ts';
import { contentError } from './errors.ts';
import { mapLimited } from './limit.ts';
import { type ManifestContent, parseManifest } from './manifest.ts';
import { isManifestType } from './media-type.ts';
import { TAG_GRAMMAR } from './reference.ts';
import type { CallOptions, Manifest, Store, TagOrDigest } from './store.ts';

/** One thing to copy, by the name that it keeps. */
export interface CopyItem {
  readonly repository: string;
  readonly reference: TagOrDigest;
  /** What the reference is known to stand for; then the digest is read, whatever the tag says by now. */
  readonly digest?: Digest | undefined;
}

export interface PlannedManifest {
  readonly repository: string;
  /** The tags and digests it is to be written under; a child of an index has its digest alone. */
  readonly reference: TagOrDigest;
  readonly manifest: Manifest;
  /** 0 for what points at no other manifest; each is written after all of lower height. */
  readonly height: number;
}

export interface PlannedBlob {
  readonly descriptor: Descriptor;
  /** Every repository in which it is needed, in the order of discovery. */
  readonly repositories: readonly string[];
}

/** All that a copy moves, each blob once. Walked from the source alone; what the target has is found out later. */
export interface CopyPlan {
  readonly manifests: readonly PlannedManifest[];
  readonly blobs: readonly PlannedBlob[];
  /** Bytes of all blobs and manifests, each counted once. */
  readonly bytes: number;
}

export interface PlanOptions extends CallOptions {
  /** Take signatures, SBOMs and other referrers along; on unless switched off. */
  readonly referrers?: boolean | undefined;
}

const WIDTH = 8;
const MAX_DEPTH = 8;
/** Tags under which cosign keeps what belongs to a digest, in registries without referrers. */
const ATTACHED = ['sig', 'att', 'sbom'];

/**
 * Walks everything that the items reach: indexes, images, their referrers. Throws CONTENT_NOT_FOUND for an item or a
 * manifest that the store lacks, MANIFEST_INVALID.
 */
export async function planCopy(
  from: Store,
  items: readonly CopyItem[],
  options: PlanOptions = {},
): Promise<CopyPlan> {
  const walk = new Walk(from, options);
  await mapLimited(items, WIDTH, (item) => walk.visit(item.repository, item.reference, 0, item.digest));
  return walk.plan();
}

class Walk {
  readonly #from: Store;
  readonly #options: PlanOptions;
  readonly #manifests = new Map<string, Omit<PlannedManifest, 'height'>>();
  /** Manifests directly below an index. */
  readonly #below = new Map<Digest, readonly Digest[]>();
  readonly #blobs = new Map<Digest, { descriptor: Descriptor; repositories: Set<string> }>();
  /** By `repository digest`: what is shared is read once and walked once. */
  readonly #reads = new Map<string, Promise<Manifest | undefined>>();
  readonly #visited = new Set<string>();

  constructor(from: Store, options: PlanOptions) {
    this.#from = from;
    this.#options = options;
  }

  /**
   * Plans one manifest and everything below it. Where another visit is at it already nothing is waited for: tags of
   * signatures may lead anywhere, also back to where the walk came from.
   */
  async visit(repository: string, reference: TagOrDigest, depth: number, digest?: Digest): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const subject = `${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
    if (depth > MAX_DEPTH) throw contentError('MANIFEST_INVALID', { subject, detail: 'nested too deeply' });
    const manifest = await this.#read(repository, digest ?? reference);
    if (manifest === undefined) throw contentError('CONTENT_NOT_FOUND', { subject, detail: this.#from.name });
    this.#addManifest(repository, reference, manifest);
    const key = `${repository} ${manifest.digest}`;
    if (this.#visited.has(key)) return;
    this.#visited.add(key);
    const content = parseManifest(manifest, `${repository}@${manifest.digest}`);
    for (const blob of content.blobs) this.#addBlob(repository, blob);
    await this.#children(repository, manifest.digest, content, depth);
    if (this.#options.referrers !== false) await this.#referrers(repository, manifest.digest, depth);
  }

  async #read(repository: string, reference: TagOrDigest): Promise<Manifest | undefined> {
    if (!isDigest(reference)) return await this.#from.readManifest(repository, reference, this.#options);
    const key = `${repository} ${reference}`;
    const read = this.#reads.get(key) ?? this.#from.readManifest(repository, reference, this.#options);
    this.#reads.set(key, read);
    return await read;
  }

  async #children(
    repository: string,
    digest: Digest,
    content: ManifestContent,
    depth: number,
  ): Promise<void> {
    // image-index.md lets an index point at other things than manifests; those travel as blobs.
    const below = new Set<Digest>();
    for (const child of content.manifests) {
      if (isManifestType(child.mediaType)) below.add(child.digest);
      else this.#addBlob(repository, child);
    }
    this.#below.set(digest, [...below]);
    for (const child of below) await this.visit(repository, child, depth + 1);
  }

  async #referrers(repository: string, digest: Digest, depth: number): Promise<void> {
    for (const referrer of await this.#from.listReferrers(repository, digest, this.#options)) {
      if (!this.#visited.has(`${repository} ${referrer.digest}`))
        await this.visit(repository, referrer.digest, depth + 1);
    }
    for (const kind of ATTACHED) {
      const tag = `${algorithmOf(digest)}-${hexOf(digest)}.${kind}`;
      // The tag of a SHA-512 digest would be longer than tags may be.
      if (!TAG_GRAMMAR.test(tag)) continue;
      const attached = await this.#from.readManifest(repository, tag, this.#options);
      if (attached === undefined) continue;
      this.#reads.set(`${repository} ${attached.digest}`, Promise.resolve(attached));
      await this.visit(repository, tag, depth + 1, attached.digest);
    }
  }

  #addManifest(repository: string, reference: TagOrDigest, manifest: Manifest): void {
    const key = `${repository} ${reference}`;
    const known = this.#manifests.get(key)?.manifest.digest ?? manifest.digest;
    if (known !== manifest.digest) {
      const subject = `${repository}:${reference}`;
      throw contentError('REFERENCE_AMBIGUOUS', { subject, detail: `${known} and ${manifest.digest}` });
    }
    this.#manifests.set(key, { repository, reference, manifest });
  }

  #addBlob(repository: string, descriptor: Descriptor): void {
    const known = this.#blobs.get(descriptor.digest);
    if (known === undefined) {
      this.#blobs.set(descriptor.digest, { descriptor, repositories: new Set([repository]) });
    } else if (known.descriptor.size !== descriptor.size) {
      const detail = `${descriptor.digest} is ${known.descriptor.size} bytes in one manifest, ${descriptor.size} in another`;
      throw contentError('MANIFEST_INVALID', { subject: repository, detail });
    } else {
      known.repositories.add(repository);
    }
  }

  plan(): CopyPlan {
    const heights = this.#heights();
    const manifests = [...this.#manifests.values()]
      .map((planned) => ({ ...planned, height: heights(planned.manifest.digest) }))
      .sort(byHeightThenName);
    const blobs = [...this.#blobs.values()]
      .map(({ descriptor, repositories }) => ({ descriptor, repositories: [...repositories].sort() }))
      .sort((a, b) => compare(a.descriptor.digest, b.descriptor.digest));
    const sizes = new Map<Digest, number>(
      blobs.map(({ descriptor }) => [descriptor.digest, descriptor.size]),
    );
    for (const { manifest } of manifests) sizes.set(manifest.digest, manifest.bytes.byteLength);
    return { manifests, blobs, bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0) };
  }

  #heights(): (digest: Digest) => number {
    const known = new Map<Digest, number>();
    const heightOf = (digest: Digest): number => {
      const height =
        known.get(digest) ??
        (this.#below.get(digest) ?? []).reduce((highest, child) => Math.max(highest, heightOf(child) + 1), 0);
      known.set(digest, height);
      return height;
    };
    return heightOf;
  }
}

// The plan's order does not depend on which answer came first. Tags come after digests of the same height.
function byHeightThenName(a: PlannedManifest, b: PlannedManifest): number {
  const named = (planned: PlannedManifest) => (isDigest(planned.reference) ? 0 : 1);
  return (
    a.height - b.height ||
    named(a) - named(b) ||
    compare(a.repository, b.repository) ||
    compare(a.reference, b.reference)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

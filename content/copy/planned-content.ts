import type { Descriptor } from '../descriptor.ts';
import { type Digest, isDigest } from '../digest.ts';
import { contentError } from '../errors.ts';
import type { Manifest, TagOrDigest } from '../store.ts';
import type { Omission } from './omission.ts';

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

export interface FoundPlan {
  readonly manifests: readonly PlannedManifest[];
  readonly blobs: readonly PlannedBlob[];
  readonly omissions: readonly Omission[];
}

/**
 * What a walk has found so far. A trial is a part that may turn out to be incomplete: it is added to what is planned
 * once it is whole, or forgotten.
 */
export class PlannedContent {
  readonly #above: PlannedContent | undefined;
  readonly #manifests = new Map<string, Omit<PlannedManifest, 'height'>>();
  /** Manifests directly below an index. */
  readonly #below = new Map<Digest, Set<Digest>>();
  /** Heights that other walks have found. */
  readonly #planned = new Map<Digest, number>();
  readonly #blobs = new Map<Digest, { descriptor: Descriptor; repositories: Set<string> }>();
  readonly #visited = new Set<string>();
  readonly #omissions = new Map<string, Omission>();

  constructor(above?: PlannedContent) {
    this.#above = above;
  }

  trial(): PlannedContent {
    return new PlannedContent(this);
  }

  /** Takes over all that a trial has found, or nothing. Throws as addManifest and addBlob do. */
  adopt(trial: PlannedContent): void {
    for (const { descriptor } of trial.#blobs.values()) this.#checkSize(descriptor);
    for (const { repository, reference, manifest } of trial.#manifests.values())
      this.#checkName(repository, reference, manifest);
    for (const { repository, reference, manifest } of trial.#manifests.values())
      this.addManifest(repository, reference, manifest);
    for (const [digest, children] of trial.#below) this.addBelow(digest, children);
    for (const { descriptor, repositories } of trial.#blobs.values())
      for (const repository of repositories) this.addBlob(repository, descriptor);
    for (const key of trial.#visited) this.#visited.add(key);
    for (const omission of trial.#omissions.values()) this.omit(omission);
  }

  /** Takes over what another walk has found. Throws as addManifest and addBlob do. */
  addPlan({ manifests, blobs, omissions }: FoundPlan): void {
    for (const { repository, reference, manifest, height } of manifests) {
      this.addManifest(repository, reference, manifest);
      this.#planned.set(manifest.digest, Math.max(height, this.#planned.get(manifest.digest) ?? 0));
    }
    for (const { descriptor, repositories } of blobs)
      for (const repository of repositories) this.addBlob(repository, descriptor);
    for (const omission of omissions) this.omit(omission);
  }

  /** True the first time. */
  visit(key: string): boolean {
    if (this.wasVisited(key)) return false;
    this.#visited.add(key);
    return true;
  }

  wasVisited(key: string): boolean {
    return this.#visited.has(key) || (this.#above?.wasVisited(key) ?? false);
  }

  /** Throws REFERENCE_AMBIGUOUS. */
  addManifest(repository: string, reference: TagOrDigest, manifest: Manifest): void {
    this.#checkName(repository, reference, manifest);
    this.#manifests.set(`${repository} ${reference}`, { repository, reference, manifest });
  }

  addBelow(index: Digest, children: Iterable<Digest>): void {
    this.#below.set(index, new Set([...(this.#below.get(index) ?? []), ...children]));
  }

  /** Throws MANIFEST_INVALID. */
  addBlob(repository: string, descriptor: Descriptor): void {
    this.#checkSize(descriptor);
    const known = this.#blobs.get(descriptor.digest) ?? { descriptor, repositories: new Set() };
    known.repositories.add(repository);
    this.#blobs.set(descriptor.digest, known);
  }

  omit(omission: Omission): void {
    const { repository, of, what } = omission;
    // That a registry can't be asked for referrers is said once.
    const key = what === 'referrers' ? `${repository} ${what}` : `${repository} ${of} ${what}`;
    if (!this.#omissions.has(key)) this.#omissions.set(key, omission);
  }

  /** What is left out and was not taken for another reason. */
  omissions(): Omission[] {
    return [...this.#omissions.entries()]
      .filter(([, { repository, what }]) => !this.#manifests.has(`${repository} ${what}`))
      .sort(([a], [b]) => compare(a, b))
      .map(([, omission]) => omission);
  }

  /** Every blob, in the order of digests. */
  blobs(): PlannedBlob[] {
    return [...this.#blobs.values()]
      .map(({ descriptor, repositories }) => ({ descriptor, repositories: [...repositories].sort() }))
      .sort((a, b) => compare(a.descriptor.digest, b.descriptor.digest));
  }

  /** Every manifest with its height; the order does not depend on which answer came first. */
  manifests(): PlannedManifest[] {
    const heights = this.#heights();
    return [...this.#manifests.values()]
      .map((planned) => ({ ...planned, height: heights(planned.manifest.digest) }))
      .sort(byHeightThenName);
  }

  #checkName(repository: string, reference: TagOrDigest, { digest }: Manifest): void {
    const known = this.#manifests.get(`${repository} ${reference}`)?.manifest.digest ?? digest;
    if (known === digest) return;
    const subject = `${repository}:${reference}`;
    throw contentError('REFERENCE_AMBIGUOUS', { subject, detail: `${known} and ${digest}` });
  }

  #checkSize({ digest, size }: Descriptor): void {
    const known = this.#blobs.get(digest)?.descriptor.size ?? size;
    if (known === size) return;
    const detail = `${known} bytes in one manifest, ${size} in another`;
    throw contentError('MANIFEST_INVALID', { subject: digest, detail });
  }

  #heights(): (digest: Digest) => number {
    const known = new Map<Digest, number>();
    const heightOf = (digest: Digest): number => {
      const height =
        known.get(digest) ??
        [...(this.#below.get(digest) ?? [])].reduce(
          (highest, child) => Math.max(highest, heightOf(child) + 1),
          this.#planned.get(digest) ?? 0,
        );
      known.set(digest, height);
      return height;
    };
    return heightOf;
  }
}

// Tags come after digests of the same height.
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

import type { Digest } from '../../../content/digest.ts';
import { type ManifestSpecimen, SPECIMENS, type Specimen } from './specimens.ts';

const BY_DIGEST: ReadonlyMap<Digest, Specimen> = new Map(
  [...SPECIMENS.values()].map((specimen) => [specimen.digest, specimen]),
);

/** What a repository of a registry should hold. */
export class RepositoryModel {
  readonly blobs: Set<Digest>;
  readonly manifests: Set<Digest>;
  readonly tags: Map<string, Digest>;
  /** What garbage collection may have taken since it was let go. */
  readonly uncertain: { readonly blobs: Set<Digest>; readonly manifests: Set<Digest> };

  constructor(from?: RepositoryModel) {
    this.blobs = new Set(from?.blobs);
    this.manifests = new Set(from?.manifests);
    this.tags = new Map(from?.tags);
    this.uncertain = {
      blobs: new Set(from?.uncertain.blobs),
      manifests: new Set(from?.uncertain.manifests),
    };
  }

  /** A repository is there as long as it holds anything. */
  get isKnown(): boolean {
    return this.blobs.size + this.manifests.size > 0;
  }

  /** Manifests can be read like blobs. */
  sees(digest: Digest): boolean {
    return this.blobs.has(digest) || this.manifests.has(digest);
  }

  putBlob(digest: Digest): void {
    this.blobs.add(digest);
    this.uncertain.blobs.delete(digest);
  }

  putManifest(digest: Digest, tag?: string): void {
    this.manifests.add(digest);
    this.uncertain.manifests.delete(digest);
    if (tag !== undefined) this.tags.set(tag, digest);
  }

  deleteManifest(digest: Digest): void {
    this.manifests.delete(digest);
    for (const [tag, held] of this.tags) if (held === digest) this.tags.delete(tag);
  }

  referrers(subject: Digest): ManifestSpecimen[] {
    return [...this.manifests]
      .sort()
      .flatMap((digest) => BY_DIGEST.get(digest)?.manifest ?? [])
      .filter((manifest) => manifest.subject === subject);
  }
}

/** What a registry should hold. */
export class RegistryModel {
  readonly #repositories = new Map<string, RepositoryModel>();

  repository(name: string): RepositoryModel {
    return this.#repositories.get(name) ?? new RepositoryModel();
  }

  replace(name: string, repository: RepositoryModel): void {
    this.#repositories.set(name, repository);
  }

  /** Names of the repositories that hold something, in order. */
  catalog(): string[] {
    return [...this.#repositories].flatMap(([name, { isKnown }]) => (isKnown ? [name] : [])).sort();
  }

  /** Whether a blob can be mounted from a repository, or from any that holds it as a blob. */
  canMount(digest: Digest, from: string | undefined): boolean {
    if (from !== undefined) return this.repository(from).sees(digest);
    return [...this.#repositories.values()].some(({ blobs }) => blobs.has(digest));
  }
}

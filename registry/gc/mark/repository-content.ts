/** What one repository holds. Times are milliseconds since 1970, digests are numbers. */
export interface RepositoryContent {
  readonly name: string;
  readonly manifests: readonly HeldManifest[];
  readonly blobs: BlobLinks;
  /** Manifests with a tag that is more than a companion's. */
  readonly tagged: readonly number[];
  readonly companions: readonly Companion[];
}

export interface HeldManifest {
  readonly id: number;
  /** When it was pushed last. */
  readonly at: number;
  /** When another manifest took its tag; 0 when it was released by a deletion by name, null when it never had a tag. */
  readonly released: number | null;
  readonly lastTag: string | null;
}

/** Blob `ids[n]` came at `at[n]`; a manifest that names it came since when `used[n]` is 1. */
export interface BlobLinks {
  readonly ids: Int32Array;
  readonly at: Float64Array;
  readonly used: Uint8Array;
}

/** A tag such as `sha256-….sig`: what it leads to belongs to its subject and goes with it. */
export interface Companion {
  readonly tag: string;
  readonly manifest: number;
  /** Where the repository does not hold it, 0. */
  readonly subject: number;
}

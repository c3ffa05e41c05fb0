import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import type { Credentials } from './remote/credentials.ts';

/**
 * Everything is a copy between two content stores. This is the one interface that all of them have: a remote
 * registry, an OCI layout in a folder, a bundle, the store behind the private registry.
 *
 * `repository` is the name under which content is found, e.g. `registry.example/team/app`; stores that keep blobs
 * in one pool ignore it for blobs. Absent content is `undefined`, never an exception; an unreachable store throws.
 */
export interface Store {
  /** For messages, e.g. `layout /media/stick` or `registry localhost:5000`. Holds no secret. */
  readonly name: string;

  /** Size in bytes of a blob, or undefined when the store does not hold it. */
  statBlob(repository: string, digest: Digest, options?: CallOptions): Promise<number | undefined>;
  /** The bytes from `offset` on (and `length` of them). They are not checked here: whoever keeps them does. */
  readBlob(repository: string, digest: Digest, options?: ReadOptions): Promise<BlobReader | undefined>;

  /**
   * What a reference stands for, without its bytes: one cheap question. Nothing is checked against a digest before the
   * manifest is read.
   */
  resolveManifest(
    repository: string,
    reference: TagOrDigest,
    options?: CallOptions,
  ): Promise<Descriptor | undefined>;
  /** A manifest with its exact bytes, checked against the digest where the reference is one. */
  readManifest(
    repository: string,
    reference: TagOrDigest,
    options?: CallOptions,
  ): Promise<Manifest | undefined>;
  /** Tags in lexical order, a page at a time as distribution-spec asks. */
  listTags(repository: string, options?: PageOptions): Promise<string[]>;
  listRepositories(options?: PageOptions): Promise<string[]>;
  /** Descriptors of the manifests whose subject is `digest`, with artifactType and annotations filled in. */
  listReferrers(repository: string, digest: Digest, options?: CallOptions): Promise<readonly Descriptor[]>;
}

/** A store that takes content and can be read. */
export interface WritableStore extends Store, ContentSink {}

/** Where a copy may end: it can be asked what it holds, and takes more. */
export interface ContentSink {
  readonly name: string;
  /** As Store.statBlob. */
  statBlob(repository: string, digest: Digest, options?: CallOptions): Promise<number | undefined>;
  /**
   * Keeps a blob once all its bytes have come and hash to the descriptor's digest. The store asks `source` for the
   * bytes from the offset where it wants them: more than 0 when part of the blob came earlier, or again after a
   * connection broke. Throws DIGEST_MISMATCH, SIZE_MISMATCH, DISK_FULL; then nothing is kept under the digest.
   */
  writeBlob(
    repository: string,
    descriptor: Descriptor,
    source: BlobSource,
    options?: CallOptions,
  ): Promise<void>;
  /** Makes a blob of another repository of the same store known here, without its bytes travelling; false if it can't. */
  mountBlob(
    repository: string,
    descriptor: Descriptor,
    from: string,
    options?: CallOptions,
  ): Promise<boolean>;
  /** Keeps a manifest, byte for byte, under its digest and, if the reference is a tag, under that. */
  writeManifest(
    repository: string,
    reference: TagOrDigest,
    manifest: Manifest,
    options?: CallOptions,
  ): Promise<void>;
}

/** Bytes of a blob from an offset (in bytes) on. May be asked more than once. */
export type BlobSource = (offset: number) => Promise<AsyncIterable<Uint8Array>>;

export interface BlobReader {
  /** Size of the whole blob in bytes. */
  readonly size: number;
  readonly stream: AsyncIterable<Uint8Array>;
}

export interface Manifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export type TagOrDigest = string;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Who asks, in any words, for a store that remembers whom it told what. */
  readonly by?: string | undefined;
  /** What the client showed to be let in, for a store that asks another one in its name. */
  readonly clientCredentials?: Credentials | undefined;
}

export interface ReadOptions extends CallOptions {
  /** First byte wanted. */
  readonly offset?: number | undefined;
  /** How many bytes are wanted; to the end when absent. */
  readonly length?: number | undefined;
  /** What a descriptor says of the whole blob's size in bytes, for a source that does not say it itself. */
  readonly size?: number | undefined;
}

export interface PageOptions extends CallOptions {
  /** At most this many. */
  readonly limit?: number | undefined;
  /** Only what sorts after this. */
  readonly after?: string | undefined;
}

export function isWritable(store: Store): store is WritableStore {
  return 'writeBlob' in store;
}

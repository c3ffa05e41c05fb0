import type { DatabaseSync } from 'node:sqlite';
import type { Digest } from '../../content/digest.ts';
import type { LogPosition } from './log/change-log.ts';
import type { ManifestFacts } from './manifests/manifest-facts.ts';

/** What a tag or a digest stands for in a repository. */
export interface HeldManifest {
  readonly digest: Digest;
  readonly mediaType: string;
}

/** What a store holds, as maintenance reads and corrects it. Every call is one short query on the calling thread. */
export interface ContentIndex {
  /** Another number whenever something may have changed that was read before. */
  readonly revision: number;
  /** The tables themselves (schema.ts), for queries of one caller only. They change as the store does. */
  readonly database: DatabaseSync;
  /** Another connection, which sees the tables as they are now until it is closed. */
  snapshot(): DatabaseSync;
  /** Runs several statements as one transaction. */
  atomically<T>(work: () => T): T;
  /** Size in bytes of a file that is there and good, whichever repository holds it. */
  fileSize(digest: Digest): number | undefined;
  /** Whether any repository holds the digest, as a blob or as a manifest, be its file there or not. */
  isLinked(digest: Digest): boolean;
  /** Whether a repository holds it as a blob, and not only as a manifest. */
  holdsBlob(repository: string, digest: Digest): boolean;
  manifestByDigest(repository: string, digest: Digest): HeldManifest | undefined;
  /** Records that a file is there with `size` bytes, or (undefined) that it is not or must not be used. */
  setFile(digest: Digest, size: number | undefined): void;
  /** Records that there is no file of this digest any more. */
  forgetFile(digest: Digest): void;
  /** Records that the bytes of a manifest are there again, and what it refers to; its repositories still hold it. */
  restoreManifest(facts: ManifestFacts): void;
  /** Records how much of the log is in the index. */
  moveTo(position: LogPosition): void;
}

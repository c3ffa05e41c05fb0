import { MAX_MANIFEST_BYTES } from '../../content/manifest.ts';

/** How much one client may ask of the registry. Times are milliseconds, sizes bytes. */
export interface Limits {
  readonly headerBytes: number;
  readonly urlBytes: number;
  readonly manifestBytes: number;
  /** Memory for all the manifests that are being pushed at once. */
  readonly manifestMemory: number;
  /** Memory for all the large answers that wait for their clients at once. */
  readonly answerMemory: number;
  /** Largest blob that is taken. */
  readonly blobBytes: number;
  readonly connections: number;
  /** The same over TLS, where each takes 70 KiB of memory. */
  readonly tlsConnections: number;
  /** Entries in one page of tags, repositories, at most. */
  readonly pageEntries: number;
  /** From the opening of a connection until the headers of a request must be there. */
  readonly headersTimeout: number;
  /** How long a connection may stay open between two requests. */
  readonly keepAliveTimeout: number;
  /** A client that the registry waits for must move at least `slowBytes` in each span of `slowTimeout`. */
  readonly slowTimeout: number;
  readonly slowBytes: number;
  /** Uploads that have not grown for so long are deleted. */
  readonly uploadAge: number;
  /** The same while the disk has no room: what an interrupted push left behind must not keep the next one out. */
  readonly uploadAgeWhenFull: number;
}

export const DEFAULT_LIMITS: Limits = {
  headerBytes: 16 * 1024,
  urlBytes: 8 * 1024,
  manifestBytes: MAX_MANIFEST_BYTES,
  manifestMemory: 64 * 1024 * 1024,
  answerMemory: 40 * 1024 * 1024,
  blobBytes: 1024 ** 4,
  connections: 4096,
  tlsConnections: 1536,
  pageEntries: 100_000,
  headersTimeout: 20_000,
  keepAliveTimeout: 75_000,
  slowTimeout: 60_000,
  slowBytes: 16 * 1024,
  uploadAge: 7 * 24 * 3600 * 1000,
  uploadAgeWhenFull: 5 * 60 * 1000,
};

import { createHash, type Hash } from 'node:crypto';
import type { FollowingHash } from '../../content/bytes/hash/following-hash.ts';
import type { HashThreads } from '../../content/bytes/hash/hash-threads.ts';
import { type Algorithm, type Digest, toDigest } from '../../content/digest.ts';
import { registryError } from '../errors.ts';

/** What hashing threads of the registry throw. */
export function hashingFailed(detail: string) {
  return registryError('REGISTRY_HASHING_FAILED', { subject: 'an upload', detail });
}

/** From this many bytes on it is worth another thread's while. */
const FOLLOW_FROM = 1024 * 1024;

/** The hash of an upload's file: computed from the bytes as they come in when they are few, else by another thread. */
export class UploadHash {
  readonly algorithm: Algorithm;
  readonly #path: string;
  readonly #threads: HashThreads;
  #own: Hash | undefined;
  /** Bytes that went into `#own`. */
  #seen = 0;
  #following: FollowingHash | undefined;

  constructor(threads: HashThreads, path: string, algorithm: Algorithm) {
    this.#threads = threads;
    this.#path = path;
    this.algorithm = algorithm;
    this.#own = createHash(algorithm);
  }

  /** Bytes are about to be added after the first `size`; so many of them, if that is known. */
  expect(size: number, more = 0): void {
    // Bytes that were not seen here, or seen and then not written, are in the file and have to be read from it.
    if (this.#seen !== size || size + more >= FOLLOW_FROM) this.#follow(size);
  }

  /** Sees bytes before they are written. */
  update(chunk: Uint8Array): void {
    this.#own?.update(chunk);
    this.#seen += chunk.byteLength;
  }

  /** The file has `size` bytes by now. As FollowingHash.wrote. */
  wrote(size: number): Promise<void> | undefined {
    if (size >= FOLLOW_FROM) this.#follow(size);
    return this.#following?.wrote(size);
  }

  /** The digest of the file's first `size` bytes, which are all there. Throws REGISTRY_HASHING_FAILED. */
  async digest(size: number): Promise<Digest> {
    this.expect(size);
    if (this.#following !== undefined) return await this.#following.digest(size);
    return toDigest(this.algorithm, this.#own?.copy() ?? createHash(this.algorithm));
  }

  forget(): void {
    this.#following?.forget();
  }

  #follow(size: number): void {
    this.#own = undefined;
    this.#following ??= this.#threads.follow(this.#path, this.algorithm);
    void this.#following.wrote(size);
  }
}

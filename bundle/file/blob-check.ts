import type { FollowingHash } from '../../content/bytes/hash/following-hash.ts';
import type { HashThreads } from '../../content/bytes/hash/hash-threads.ts';
import { algorithmOf, DigestChecker } from '../../content/digest.ts';
import { contentError } from '../../content/errors.ts';
import type { TableEntry } from './table.ts';

/** Compares bytes with a digest while they come in and are written. */
export interface BlobCheck {
  /** Sees bytes before they are written. */
  update(chunk: Uint8Array): void;
  /** So many more bytes are in the file. */
  wrote(bytes: number): void;
  /** Settles when no more bytes should be waited with. */
  caughtUp(): Promise<void>;
  /** Throws DIGEST_MISMATCH, SIZE_MISMATCH unless all bytes have come and are right. */
  finish(): Promise<void>;
  /** Nobody will ask any more. */
  forget(): void;
}

/** From so many bytes on a blob is worth another thread's while. */
const FOLLOW_FROM = 1024 * 1024;

/** Checks a blob that is written into the file at `path` from `start` on, on another thread where there are some to spare. */
export function checkBlob(
  blob: TableEntry & { readonly start: number },
  path: string,
  threads: HashThreads | undefined,
): BlobCheck {
  // One thread has its hands full with the file as a whole.
  if (threads === undefined || threads.most < 2 || blob.size < FOLLOW_FROM) return new OwnCheck(blob);
  return new ThreadCheck(blob, threads.follow(path, algorithmOf(blob.digest), blob.start));
}

class OwnCheck implements BlobCheck {
  readonly #blob: TableEntry;
  readonly #checker: DigestChecker;

  constructor(blob: TableEntry) {
    this.#blob = blob;
    this.#checker = new DigestChecker(blob.digest);
  }

  update(chunk: Uint8Array): void {
    this.#checker.update(chunk);
  }

  wrote(): void {}

  async caughtUp(): Promise<void> {}

  async finish(): Promise<void> {
    this.#checker.finish(this.#blob.digest, this.#blob.size);
  }

  forget(): void {}
}

/** The thread reads back what the disk's cache has just been given. */
class ThreadCheck implements BlobCheck {
  readonly #blob: TableEntry;
  readonly #hash: FollowingHash;
  #written = 0;
  #behind: Promise<void> | undefined;

  constructor(blob: TableEntry, hash: FollowingHash) {
    this.#blob = blob;
    this.#hash = hash;
  }

  update(): void {}

  wrote(bytes: number): void {
    this.#written += bytes;
    this.#behind = this.#hash.wrote(this.#written);
  }

  async caughtUp(): Promise<void> {
    await this.#behind;
  }

  async finish(): Promise<void> {
    const { digest, size } = this.#blob;
    try {
      if (this.#written !== size) {
        const detail = `expected ${size} bytes, read ${this.#written}`;
        throw contentError('SIZE_MISMATCH', { subject: digest, detail });
      }
      const actual = await this.#hash.digest(size);
      if (actual === digest) return;
      throw contentError('DIGEST_MISMATCH', {
        subject: digest,
        detail: `expected ${digest}, read ${actual}`,
      });
    } finally {
      this.forget();
    }
  }

  forget(): void {
    this.#hash.forget();
  }
}

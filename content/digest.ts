import { createHash, type Hash, hash } from 'node:crypto';
import { contentError } from './errors.ts';

/** An OCI digest, `algorithm:hex` (image-spec, descriptor.md#digests). */
export type Digest = `sha256:${string}` | `sha512:${string}`;

const GRAMMAR = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

export function isDigest(text: string): text is Digest {
  return GRAMMAR.test(text);
}

/** Narrows a string from outside. Throws DIGEST_INVALID. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw contentError('DIGEST_INVALID', { subject: text.slice(0, 200) });
}

export function digestOf(bytes: Uint8Array | string, algorithm: Algorithm = 'sha256'): Digest {
  return toDigest(algorithm, hash(algorithm, bytes));
}

export type Algorithm = 'sha256' | 'sha512';

export function algorithmOf(digest: Digest): Algorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** Throws DIGEST_MISMATCH unless `bytes` hash to `digest`; `subject` says what the bytes are. */
export function checkDigest(digest: Digest, bytes: Uint8Array, subject: string): void {
  const actual = digestOf(bytes, algorithmOf(digest));
  if (actual !== digest) throw mismatch(subject, digest, actual);
}

/** Hashes and counts a stream piece by piece, and says at the end whether it was what was promised. */
export class DigestChecker {
  readonly #hash: Hash;
  readonly #digest: Digest;
  size = 0;

  constructor(digest: Digest) {
    this.#digest = digest;
    this.#hash = createHash(algorithmOf(digest));
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.size += chunk.byteLength;
  }

  /** Throws DIGEST_MISMATCH; when `size` is given, SIZE_MISMATCH. `subject` says what was read. */
  finish(subject: string, size?: number): void {
    if (size !== undefined && size !== this.size) {
      throw contentError('SIZE_MISMATCH', { subject, detail: `expected ${size} bytes, read ${this.size}` });
    }
    const actual = toDigest(algorithmOf(this.#digest), this.#hash);
    if (actual !== this.#digest) throw mismatch(subject, this.#digest, actual);
  }
}

/** The digest that a finished hash makes, given as it is or in hexadecimal. */
export function toDigest(algorithm: Algorithm, hash: Hash | string): Digest {
  return `${algorithm}:${typeof hash === 'string' ? hash : hash.digest('hex')}`;
}

function mismatch(subject: string, expected: Digest, actual: Digest) {
  return contentError('DIGEST_MISMATCH', { subject, detail: `expected ${expected}, read ${actual}` });
}

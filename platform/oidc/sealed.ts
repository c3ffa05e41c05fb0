import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { tryJson } from '../../content/json.ts';

/** A key that sealed texts name by its number. */
export interface SealingKey {
  readonly id: number;
  /** 32 bytes. */
  readonly key: Buffer;
}

const VERSION = 1;
/** Version and the number of the key. */
const HEAD_BYTES = 5;
/** NIST SP 800-38D, section 8.2. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MAX_PLAIN_BYTES = 256 * 1024;

/**
 * A value as a text that nobody without the key can read or change (AES-256-GCM). `purpose` is bound to it: a text that
 * was made for one is none for another.
 */
export function sealText(value: unknown, purpose: string, { id, key }: SealingKey): string {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(VERSION);
  head.writeUInt32BE(id, 1);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(boundTo(head, purpose));
  // Tokens are base64 of JSON: cookies are small, and this makes up for sealing.
  const plain = deflateRawSync(JSON.stringify(value));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([head, nonce, sealed, cipher.getAuthTag()]).toString('base64url');
}

/** The number of the key that a text was sealed with; undefined for what is no such text. */
export function keyIdOf(text: string): number | undefined {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length < HEAD_BYTES + NONCE_BYTES + TAG_BYTES || bytes.readUInt8() !== VERSION) return undefined;
  return bytes.readUInt32BE(1);
}

/** What was sealed; undefined where it was changed, for another purpose, or sealed with another key. */
export function openText(text: string, purpose: string, { id, key }: SealingKey): unknown {
  if (keyIdOf(text) !== id) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  const nonceEnd = HEAD_BYTES + NONCE_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(HEAD_BYTES, nonceEnd), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(boundTo(bytes.subarray(0, HEAD_BYTES), purpose));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const plain = Buffer.concat([decipher.update(bytes.subarray(nonceEnd, -TAG_BYTES)), decipher.final()]);
    return tryJson(inflateRawSync(plain, { maxOutputLength: MAX_PLAIN_BYTES }).toString());
  } catch {
    return undefined;
  }
}

function boundTo(head: Buffer, purpose: string): Buffer {
  return Buffer.concat([head, Buffer.from(`skerry ${purpose}`)]);
}

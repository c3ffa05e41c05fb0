import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { installerError } from '../errors.ts';

export const KEY_BYTES = 32;
const TAG_BYTES = 16;
const SALT_BYTES = 32;
const NONCE_BYTES = 12;

export interface Sealed {
  /** What the key of this content was made with; says nothing of the content to who lacks the key. */
  readonly salt: Buffer;
  readonly parts: readonly Buffer[];
}

/**
 * Encrypts parts with AES-256-GCM, each under its number. The key is made from the content (RFC 5869 with an HMAC of all
 * parts as salt), so that the same content gives the same bytes, and no nonce is ever used twice with one key.
 */
export function seal(key: Uint8Array, parts: readonly Uint8Array[]): Sealed {
  const mac = createHmac('sha256', derived(key, Buffer.alloc(0), 'skerry checkpoint salt'));
  for (const part of parts) {
    mac.update(sizeOf(part));
    mac.update(part);
  }
  const salt = mac.digest();
  const own = derived(key, salt, 'skerry checkpoint');
  return { salt, parts: parts.map((part, index) => sealOne(own, part, index)) };
}

/** Throws CHECKPOINT_UNREADABLE: GCM can't tell another key from changed bytes. */
export function unseal(key: Uint8Array, { salt, parts }: Sealed): Buffer[] {
  if (salt.byteLength !== SALT_BYTES) throw unreadable('its salt has another length');
  const own = derived(key, salt, 'skerry checkpoint');
  return parts.map((part, index) => unsealOne(own, part, index));
}

function sealOne(key: Buffer, part: Uint8Array, index: number): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(index));
  return Buffer.concat([cipher.update(part), cipher.final(), cipher.getAuthTag()]);
}

function unsealOne(key: Buffer, part: Buffer, index: number): Buffer {
  if (part.byteLength < TAG_BYTES) throw unreadable('a part is cut off');
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(index), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(part.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(part.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw unreadable('it was made with another key, or was changed');
  }
}

function derived(key: Uint8Array, salt: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, purpose, KEY_BYTES));
}

function nonceOf(index: number): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUInt32BE(index, NONCE_BYTES - 4);
  return nonce;
}

function sizeOf(part: Uint8Array): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(part.byteLength));
  return size;
}

function unreadable(detail: string) {
  return installerError('CHECKPOINT_UNREADABLE', { subject: 'checkpoint', detail });
}

import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

/** The KeyFingerprint of a public key, or of the public half of a private one; a text is PEM. */
export function fingerprint(key: KeyObject | string): string {
  const publicKey = typeof key !== 'string' && key.type === 'public' ? key : createPublicKey(key);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return `SHA256:${createHash('sha256').update(spki).digest('base64').replace(/=+$/, '')}`;
}

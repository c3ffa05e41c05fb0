import { type KeyObject, sign as signBytes, verify as verifyBytes } from 'node:crypto';
import { type Digest, digestOf as digestOfBytes } from '../../content/digest.ts';
import { platformError } from '../errors.ts';
import type { Signed } from './message.ts';

/** Signs a text (DSSE) with a key of ECDSA P-256 or Ed25519; `keyid` is its fingerprint. */
export function sign(payloadType: string, bytes: Uint8Array, privateKey: KeyObject, keyid: string): Signed {
  const signature = signBytes(hashFor(privateKey), preAuthEncoding(payloadType, bytes), privateKey);
  return {
    payloadType,
    payload: Buffer.from(bytes).toString('base64'),
    signatures: [{ keyid, sig: signature.toString('base64') }],
  };
}

/**
 * The bytes that were signed, when one of the keys signed them as this type. Throws SIGNED_TYPE_WRONG,
 * SIGNATURE_NOT_TRUSTED.
 */
export function verify(signed: Signed, publicKeys: readonly KeyObject[], payloadType: string): Buffer {
  if (signed.payloadType !== payloadType)
    throw platformError('SIGNED_TYPE_WRONG', {
      subject: signed.payloadType,
      detail: `expected ${payloadType}`,
    });
  const bytes = payloadOf(signed);
  const message = preAuthEncoding(payloadType, bytes);
  // The keyid is a hint that nobody vouches for (DSSE, protocol.md), so each key is tried.
  const isTrusted = signed.signatures.some(({ sig }) =>
    publicKeys.some((key) => isSignature(message, Buffer.from(sig, 'base64'), key)),
  );
  if (isTrusted) return bytes;
  const keyids = signed.signatures.map(({ keyid }) => keyid).join(', ');
  throw platformError('SIGNATURE_NOT_TRUSTED', { subject: payloadType, detail: `signed by ${keyids}` });
}

/** SHA-256 of what was signed: the same whichever key signs it. */
export function digestOf(signed: Signed): Digest {
  return digestOfBytes(payloadOf(signed));
}

function payloadOf({ payload }: Signed): Buffer {
  return Buffer.from(payload, 'base64');
}

/** PAE of DSSE (secure-systems-lab/dsse, protocol.md): lengths in bytes, so that no two pairs have one encoding. */
function preAuthEncoding(payloadType: string, bytes: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${bytes.byteLength} `;
  return Buffer.concat([Buffer.from(head), bytes]);
}

function isSignature(message: Buffer, signature: Buffer, key: KeyObject): boolean {
  try {
    return verifyBytes(hashFor(key), message, key, signature);
  } catch {
    return false;
  }
}

// Ed25519 hashes by itself (RFC 8032).
function hashFor(key: KeyObject): 'sha256' | null {
  return key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
}

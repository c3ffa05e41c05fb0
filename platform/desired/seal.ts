import { CompactEncrypt, compactDecrypt, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { messageOf } from '../../content/error.ts';
import { tryJson } from '../../content/json.ts';
import { platformError } from '../errors.ts';
import { encode } from './canonical.ts';

/** RFC 7518, 4.6: a key of its own for each text, wrapped for the holder of the private key. */
const ALGORITHM = 'ECDH-ES+A256KW';
const ENCRYPTION = 'A256GCM';

/** A key pair that secrets can be sealed for, both halves as JWK (X25519). */
export async function makeSealingKey(): Promise<{ publicJwk: JWK; privateJwk: JWK }> {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, { crv: 'X25519', extractable: true });
  return { publicJwk: await exportJWK(publicKey), privateJwk: await exportJWK(privateKey) };
}

/** A JWE (compact) that only the holder of the private key can read. Throws SEALING_KEY_INVALID. */
export async function seal(value: unknown, publicJwk: JWK): Promise<string> {
  const key = await readKey(publicJwk);
  return await new CompactEncrypt(encode(value))
    .setProtectedHeader({ alg: ALGORITHM, enc: ENCRYPTION })
    .encrypt(key)
    .catch((cause: unknown) => {
      throw platformError('SEALING_KEY_INVALID', { subject: nameOf(publicJwk), detail: messageOf(cause) });
    });
}

/** What was sealed. Throws SEALED_VALUE_UNREADABLE, SEALING_KEY_INVALID. */
export async function unseal(jwe: string, privateJwk: JWK): Promise<unknown> {
  const key = await readKey(privateJwk);
  const options = { keyManagementAlgorithms: [ALGORITHM], contentEncryptionAlgorithms: [ENCRYPTION] };
  // Neither the value nor the library's words about it go into the message.
  const { plaintext } = await compactDecrypt(jwe, key, options).catch(() => {
    throw platformError('SEALED_VALUE_UNREADABLE', { subject: nameOf(privateJwk) });
  });
  return tryJson(Buffer.from(plaintext).toString());
}

/** Whether it is a public key that can be sealed for, and holds nothing private. */
export async function isSealingKey(jwk: JWK): Promise<boolean> {
  if ('d' in jwk) return false;
  return await readKey(jwk).then(
    () => true,
    () => false,
  );
}

async function readKey(jwk: JWK) {
  const isKnown = jwk.crv === 'X25519' || jwk.crv === 'P-256';
  const key = isKnown ? await importJWK(jwk, ALGORITHM).catch(() => undefined) : undefined;
  if (key === undefined)
    throw platformError('SEALING_KEY_INVALID', { subject: nameOf(jwk), detail: 'not of X25519 or P-256' });
  return key;
}

function nameOf({ kty, crv }: JWK): string {
  return `${kty ?? 'unknown'} ${crv ?? ''}`.trim();
}

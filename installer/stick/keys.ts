import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bundleError } from '../../bundle/errors.ts';
import {
  generateKey,
  type PublicKey,
  parsePublicKey,
  parseSigningKey,
  type SigningKey,
} from '../../bundle/key.ts';
import { hasCode } from '../../content/bytes/blob-file.ts';
import { readSmallFile } from '../../content/bytes/small-file.ts';
import { installerError } from '../errors.ts';

/** Where a user's own settings are (XDG Base Directory Specification). */
function configFolder(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CONFIG_HOME || join(env.HOME || '.', '.config'), 'skerry');
}

export interface FoundSigningKey {
  readonly key: SigningKey;
  readonly path: string;
  /** True when there was none and one was made just now. */
  readonly made: boolean;
}

/**
 * The key that signs: the one at `path`, or the user's own, which is made when there is none yet. Its password comes
 * from SKERRY_KEY_PASSWORD. Throws KEY_INVALID.
 */
export async function openSigningKey(
  path: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<FoundSigningKey> {
  const own = path ?? env.SKERRY_SIGNING_KEY ?? join(configFolder(env), 'signing.key');
  const password = env.SKERRY_KEY_PASSWORD || undefined;
  const pem = await readOrUndefined(own);
  if (pem !== undefined) return { key: parseSigningKey(pem, own, password), path: own, made: false };
  if (path !== undefined)
    throw bundleError('KEY_INVALID', { subject: path, detail: 'there is no such file' });
  const pair = await writeKeyPair(own, password);
  return { key: parseSigningKey(pair.privatePem, own, password), path: own, made: true };
}

/** Makes a key pair at `path` and `path` with `.pub` for `.key`; never overwrites one. Throws KEY_INVALID. */
export async function writeKeyPair(path: string, password: string | undefined) {
  const pair = generateKey(password);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, pair.privatePem, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    if (hasCode(cause, 'EEXIST'))
      throw bundleError('KEY_INVALID', {
        subject: path,
        detail: 'there is a key already; it is not overwritten',
      });
    throw cause;
  }
  const publicPath = publicPathOf(path);
  await writeFile(`${publicPath}.new`, pair.publicPem);
  await rename(`${publicPath}.new`, publicPath);
  return pair;
}

export function publicPathOf(path: string): string {
  return `${path.replace(/\.key$/, '')}.pub`;
}

export interface TrustInput {
  /** A file with the public key. */
  readonly keyPath: string | undefined;
  /** What the vendor told by another way; then the key may come from the stick. */
  readonly fingerprint: string | undefined;
  /** The key file on the stick. */
  readonly stickKeyPath: string;
  /** The key that this cluster's installation was verified with before. */
  readonly installed: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Shows a person the fingerprint of the key on the stick; undefined where nobody can be asked. */
  readonly ask: ((fingerprint: string) => Promise<boolean>) | undefined;
}

/**
 * The public key that is trusted: given as a file, by fingerprint, by an earlier installation, or by a person who has
 * compared the fingerprint. Never taken from the stick unasked. Throws TRUST_KEY_REQUIRED, KEY_INVALID.
 */
export async function openTrustedKey({
  keyPath,
  fingerprint,
  stickKeyPath,
  installed,
  env,
  ask,
}: TrustInput): Promise<PublicKey> {
  const given = keyPath ?? env.SKERRY_KEY;
  if (given !== undefined) {
    const pem = await readOrUndefined(given);
    if (pem === undefined)
      throw bundleError('KEY_INVALID', { subject: given, detail: 'there is no such file' });
    return parsePublicKey(pem, given);
  }
  if (fingerprint === undefined && installed !== undefined)
    return parsePublicKey(installed, 'the key of the installation');
  const pem = await readStickKey(stickKeyPath);
  if (pem === undefined)
    throw installerError('TRUST_KEY_REQUIRED', {
      subject: stickKeyPath,
      detail: 'there is no key on the stick either',
    });
  const offered = parsePublicKey(pem, stickKeyPath);
  if (fingerprint !== undefined) {
    if (bareFingerprint(fingerprint) === bareFingerprint(offered.fingerprint)) return offered;
    const detail = `its fingerprint is ${offered.fingerprint}, you gave ${fingerprint}`;
    throw bundleError('SIGNATURE_WRONG_KEY', { subject: stickKeyPath, detail });
  }
  if (ask !== undefined && (await ask(offered.fingerprint))) return offered;
  throw installerError('TRUST_KEY_REQUIRED', {
    subject: stickKeyPath,
    detail: `the key on the stick has the fingerprint ${offered.fingerprint}`,
  });
}

/** A fingerprint as people may write it, without what says only that it is one. */
export function bareFingerprint(fingerprint: string): string {
  return fingerprint
    .trim()
    .replace(/^SHA256:/i, '')
    .replace(/=+$/, '');
}

const MAX_KEY_BYTES = 64 * 1024;

/** What lies on a stick under the name of a key may be anything. Throws KEY_INVALID. */
async function readStickKey(path: string): Promise<string | undefined> {
  const read = await readSmallFile(path, MAX_KEY_BYTES).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined;
    throw error;
  });
  if (typeof read === 'string') throw bundleError('KEY_INVALID', { subject: path, detail: `it is ${read}` });
  return read?.toString('utf8');
}

async function readOrUndefined(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

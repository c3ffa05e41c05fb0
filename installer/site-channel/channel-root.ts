import { createHash } from 'node:crypto';
import type { PublicKey } from '../../bundle/key.ts';
import { type ChannelSource, readWithin } from '../../channel/client/source.ts';
import { channelError } from '../../channel/errors.ts';
import { LIMITS, MAX_ROOTS } from '../../channel/metadata/limits.ts';
import { parseRoot } from '../../channel/metadata/metadata-file.ts';
import { channelKey } from '../../channel/metadata/signer.ts';
import { bareFingerprint } from '../stick/keys.ts';

const TIMEOUT_MS = 60_000;

/** `SHA256:` and base64, as `ssh-keygen` writes fingerprints. */
export function fingerprintOf(root: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(root).digest('base64').replace(/=+$/, '')}`;
}

/** The root of a channel that has a fingerprint. Throws CHANNEL_ROOT_UNTRUSTED, CHANNEL_NOT_FOUND. */
export async function rootWithFingerprint(
  fingerprint: string,
  source: ChannelSource,
  signal?: AbortSignal,
): Promise<string> {
  const wanted = `SHA256:${bareFingerprint(fingerprint)}`;
  const seen: string[] = [];
  for await (const bytes of roots(source, signal)) {
    if (fingerprintOf(bytes) === wanted) return Buffer.from(bytes).toString('utf8');
    seen.push(fingerprintOf(bytes));
  }
  if (seen.length === 0) throw channelError('CHANNEL_NOT_FOUND', { subject: source.name });
  throw channelError('CHANNEL_ROOT_UNTRUSTED', {
    subject: source.name,
    detail: `its roots have the fingerprints ${seen.join(', ')}; you gave ${wanted}`,
  });
}

/** The first root that names a key among its root keys and is signed by it; undefined where none is. */
export async function rootSignedBy(
  key: PublicKey,
  source: ChannelSource,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const own = channelKey(key.pem);
  for await (const bytes of roots(source, signal)) {
    const metadata = parseRoot(bytes, source.name);
    const isNamed = metadata.signed.roles.root?.keyIDs.includes(own.keyID) === true;
    if (isNamed && isSigned(own, metadata)) return Buffer.from(bytes).toString('utf8');
  }
  return undefined;
}

/** The oldest root that a channel still has, for asking a person about. Throws CHANNEL_NOT_FOUND. */
export async function firstRoot(source: ChannelSource, signal?: AbortSignal): Promise<Uint8Array> {
  for await (const bytes of roots(source, signal)) return bytes;
  throw channelError('CHANNEL_NOT_FOUND', { subject: source.name });
}

function isSigned(key: ReturnType<typeof channelKey>, metadata: Parameters<typeof key.verifySignature>[0]) {
  try {
    key.verifySignature(metadata);
    return true;
  } catch {
    return false;
  }
}

async function* roots(source: ChannelSource, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let version = 1; version <= MAX_ROOTS; version++) {
    const file = `${version}.root.json`;
    const bytes = await readWithin(source, file, LIMITS.root, { signal, timeoutMs: TIMEOUT_MS });
    if (bytes === undefined) return;
    yield bytes;
  }
}

import { readFile } from 'node:fs/promises';
import type { PublicKey } from '../../bundle/key.ts';
import type { ChannelSource } from '../../channel/client/source.ts';
import { firstState, type TrustedState } from '../../channel/client/trusted-state.ts';
import { installerError } from '../errors.ts';
import { fingerprintOf, firstRoot, rootSignedBy, rootWithFingerprint } from './channel-root.ts';

/** How a cluster that has not seen a channel yet comes to know the vendor's. */
export interface FirstTrust {
  /** A root's, as the vendor told it by another way. */
  readonly fingerprint?: string | undefined;
  /** A file with a root that came by another way. */
  readonly root?: string | undefined;
  /** The key that releases are verified with: a root that it signed is the vendor's as much as a release is. */
  readonly key?: PublicKey | undefined;
  /** Shows a person a fingerprint; undefined where nobody can be asked. */
  readonly ask?: ((fingerprint: string) => Promise<boolean>) | undefined;
}

/** What is trusted before anything was seen. Throws TRUST_KEY_REQUIRED, CHANNEL_ROOT_UNTRUSTED, CHANNEL_NOT_FOUND. */
export async function firstTrust(
  source: ChannelSource,
  { fingerprint, root, key, ask }: FirstTrust,
  signal?: AbortSignal,
): Promise<TrustedState> {
  if (fingerprint !== undefined) return firstState(await rootWithFingerprint(fingerprint, source, signal));
  if (root !== undefined) return firstState(await readFile(root, 'utf8'));
  const signed = key === undefined ? undefined : await rootSignedBy(key, source, signal);
  if (signed !== undefined) return firstState(signed);
  const bytes = await firstRoot(source, signal);
  if (ask !== undefined && (await ask(fingerprintOf(bytes))))
    return firstState(Buffer.from(bytes).toString());
  throw installerError('TRUST_KEY_REQUIRED', {
    subject: `the channel of ${source.name}`,
    detail: `its first root has the fingerprint ${fingerprintOf(bytes)}`,
    remedy:
      'Give with --channel-fingerprint the one that the vendor told you by another way. It is remembered in the cluster, and not asked for again.',
  });
}

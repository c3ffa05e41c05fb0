import { readFile } from 'node:fs/promises';
import type { ChannelSource } from '../../../channel/client/source.ts';
import { firstState, type TrustedState, TrustedStateSchema } from '../../../channel/client/trusted-state.ts';
import { channelError } from '../../../channel/errors.ts';
import type { Workshop } from '../../../channel/vendor/workshop.ts';
import { hasCode } from '../../../content/bytes/blob-file.ts';
import { messageOf } from '../../../content/error.ts';
import { tryJson } from '../../../content/json.ts';
import { installerError } from '../../errors.ts';
import { fingerprintOf, rootWithFingerprint } from '../../site-channel/channel-root.ts';

/** How a site knows which channel is the vendor's. */
export interface RootTrust {
  /** A root file that came by another way. */
  readonly root?: string | undefined;
  /** The SHA-256 of a root file, as `SHA256:` and base64. */
  readonly fingerprint?: string | undefined;
  /** A file with what this site has seen of the channel; written after each look. */
  readonly state?: string | undefined;
}

/** What is trusted to begin with. Throws USAGE, CHANNEL_ROOT_UNTRUSTED, CHANNEL_METADATA_INVALID. */
export async function openTrust(
  source: ChannelSource,
  trust: RootTrust,
  signal?: AbortSignal,
): Promise<TrustedState> {
  const remembered = trust.state === undefined ? undefined : await readState(trust.state);
  if (remembered !== undefined) return remembered;
  if (trust.root !== undefined) return firstState((await readFile(trust.root)).toString('utf8'));
  if (trust.fingerprint !== undefined)
    return firstState(await rootWithFingerprint(trust.fingerprint, source, signal));
  throw installerError('USAGE', {
    subject: source.name,
    detail: 'nothing says which root to trust',
    remedy: 'Give --fingerprint, as the vendor told it, or --root with a file that came by another way.',
  });
}

export async function rootFingerprint(workshop: Workshop): Promise<string> {
  return fingerprintOf((await workshop.readPublished('1.root.json')) ?? Buffer.of());
}

async function readState(path: string): Promise<TrustedState | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  const state = TrustedStateSchema.safeParse(tryJson(text));
  if (state.success) return state.data;
  throw channelError('CHANNEL_METADATA_INVALID', {
    subject: path,
    detail: messageOf(state.error),
    remedy: 'It was written by something else; give another --state, and --fingerprint once more.',
  });
}

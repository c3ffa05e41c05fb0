import { join } from 'node:path';
import type { KubeClient } from '../../apply/client/client.ts';
import type { ReleaseBundle } from '../../bundle/release-bundle.ts';
import { isSkerryError } from '../../content/error.ts';
import type { Offer } from '../offer/offer.ts';
import { readInstallation } from '../record/installation.ts';
import { findHelm } from '../stick/helm-program.ts';
import { openTrustedKey } from '../stick/keys.ts';
import { STICK_FILES, type Stick, takeHostTool } from '../stick/stick.ts';
import { canAsk, confirm } from '../terminal/confirm.ts';
import type { Console } from '../terminal/console.ts';

/** How a user says which key to trust. */
export interface KeyOptions {
  readonly key?: string;
  readonly fingerprint?: string;
}

/** The key that this installation was made with; else the one that was given or that somebody has compared. */
export async function trustedKey(
  console: Console,
  stick: Stick | Pick<Offer, 'keyPath'>,
  options: KeyOptions,
  client: KubeClient,
  signal: AbortSignal,
) {
  // Before anything of the stick is believed, and only to read which key was trusted last time.
  const installed = await readInstallation(client, { signal }).catch((error: unknown) => {
    if (isSkerryError(error, 'CLUSTER_FORBIDDEN')) return undefined;
    throw error;
  });
  return await openTrustedKey({
    keyPath: options.key,
    fingerprint: options.fingerprint,
    stickKeyPath: 'folder' in stick ? join(stick.folder, STICK_FILES.key) : (stick.keyPath ?? ''),
    installed: installed?.installation.key.pem,
    env: console.env,
    ask: canAsk(console)
      ? (fingerprint) =>
          confirm(
            console,
            `The key on the stick has the fingerprint\n\n    ${fingerprint}\n\nIs this the one that the vendor told you by another way?`,
            signal,
          )
      : undefined,
  });
}

/** The helm that the release was signed with, copied from the stick; another one where it names none. */
export async function helmOf(
  stick: Stick,
  { release }: Pick<ReleaseBundle, 'release'>,
  options: { readonly helm?: string },
  scratch: string,
  console: Console,
): Promise<string> {
  const tool = release.hostTools.find(({ name }) => name === 'helm');
  if (options.helm !== undefined || tool === undefined) return await findHelm(options.helm, console.env);
  return await takeHostTool(stick, tool, join(scratch, 'tools'));
}

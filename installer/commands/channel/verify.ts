import { Command } from 'commander';
import { peekRelease } from '../../../bundle/release-bundle.ts';
import type { VerifiedChannel } from '../../../channel/client/update.ts';
import { channelError } from '../../../channel/errors.ts';
import { findStick } from '../../stick/stick.ts';
import { globalOptions } from '../../terminal/cli-options.ts';
import { type Console, print, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import { formatFreshness } from './channel-report.ts';
import { addChannelOptions, type OpenChannelOptions, openChannel } from './open-channel.ts';

interface VerifyCommandOptions extends OpenChannelOptions {
  readonly release?: string;
  readonly acceptExpired: boolean;
}

export function verifyCommand(console: Console): Command {
  const command = new Command('verify').description(
    'check a channel: signatures, numbers, age; and that a stick’s release is one of its',
  );
  return addChannelOptions(command)
    .option('--release <stick>', 'a stick or bundle whose release must be in the channel')
    .option('--accept-expired', 'do not fail when the channel has expired', false)
    .addHelpText(
      'after',
      '\nExample:\n  skerry channel verify --from stick/ --release stick/ --fingerprint SHA256:… --state seen.json',
    )
    .action(async (options: VerifyCommandOptions, self: Command) => {
      const { output } = globalOptions(self);
      await interruptible(
        async (signal) => {
          const channel = await openChannel(console, options, signal);
          const release =
            options.release === undefined ? undefined : await checkRelease(channel, options.release);
          const { freshness } = channel;
          if (freshness.state === 'expired' && !options.acceptExpired)
            throw channelError('CHANNEL_EXPIRED', {
              subject: options.from,
              detail: formatFreshness(freshness),
            });
          const result = {
            root: channel.root,
            edition: channel.state.snapshot,
            releases: channel.releases.length,
          };
          print(console, output, { ...result, freshness, release }, () =>
            [
              `verified: edition ${result.edition}, root ${result.root}, ${result.releases} releases`,
              ...(release === undefined ? [] : [`${release} is in it`]),
              formatFreshness(freshness),
            ].join('\n'),
          );
        },
        (error) => reportError(console, output, error),
      );
    });
}

/** Throws CHANNEL_RELEASE_UNKNOWN, CHANNEL_RELEASE_MISMATCH. */
async function checkRelease({ releases }: VerifiedChannel, path: string): Promise<string> {
  const { bundle } = await findStick(path);
  const { store, address, release } = await peekRelease(bundle);
  await store.close();
  const name = `${release.name}/${release.version}`;
  const known = releases.find(({ product, version }) => `${product}/${version}` === name);
  if (known === undefined) throw channelError('CHANNEL_RELEASE_UNKNOWN', { subject: name });
  if (known.digest === address.digest) return name;
  throw channelError('CHANNEL_RELEASE_MISMATCH', {
    subject: bundle,
    detail: `${address.digest}, not ${known.digest}`,
  });
}

import { peekRelease } from '../../../../bundle/release-bundle.ts';
import type { VerifiedChannel } from '../../../../channel/client/update.ts';
import { channelError } from '../../../../channel/errors.ts';
import { findStick } from '../../../stick/stick.ts';
import { type Console, type OutputFormat, print, reportError } from '../../../terminal/console.ts';
import { interruptible } from '../../../terminal/interrupt.ts';
import { formatFreshness } from '../channel-report.ts';
import { openChannel } from '../open-channel.ts';
import type { VerifyCommandOptions } from '../verify.ts';

export async function runVerify(
  console: Console,
  options: VerifyCommandOptions,
  output: OutputFormat,
): Promise<void> {
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

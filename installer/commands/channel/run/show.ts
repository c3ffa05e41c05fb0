import { channelError } from '../../../../channel/errors.ts';
import { upgradePath } from '../../../../channel/graph/upgrade-path.ts';
import { isSkerryError } from '../../../../content/error.ts';
import { type Console, type OutputFormat, print, reportError } from '../../../terminal/console.ts';
import { interruptible } from '../../../terminal/interrupt.ts';
import type { OpenChannelOptions } from '../channel-options.ts';
import { openChannel } from '../open-channel.ts';

export async function runShow(
  console: Console,
  [product, version]: [string, string],
  options: OpenChannelOptions,
  output: OutputFormat,
): Promise<void> {
  await interruptible(
    async (signal) => {
      const { releases } = await openChannel(console, options, signal);
      const line = releases.filter((each) => each.product === product);
      const release = line.find((each) => each.version === version);
      if (release === undefined)
        throw channelError('CHANNEL_RELEASE_UNKNOWN', { subject: `${product}/${version}` });
      const ways = line.flatMap(({ version: from }) => wayTo(line, from, version));
      print(console, output, { ...release, ways }, () =>
        [
          `${product} ${version}  ${release.withdrawn === undefined ? release.track : `withdrawn: ${release.withdrawn}`}`,
          `${release.repository}@${release.digest}`,
          `Kubernetes ${release.kubernetes}`,
          release.from === '' ? 'installed new only' : `reached from ${release.from}`,
          ...ways.map(({ from, over }) => `from ${from}: ${over.join(' → ')}`),
        ].join('\n'),
      );
    },
    (error) => reportError(console, output, error),
  );
}

function wayTo(line: Parameters<typeof upgradePath>[0], from: string, to: string) {
  try {
    const path = upgradePath(line, { from, to, candidates: true });
    return path.length === 0 ? [] : [{ from, over: path.map(({ version }) => version) }];
  } catch (error) {
    if (isSkerryError(error, 'CHANNEL_NO_PATH')) return [];
    throw error;
  }
}

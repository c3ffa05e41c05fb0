import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import { type Console, print, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import { formatFreshness, formatReleases } from './channel-report.ts';
import { addChannelOptions, type OpenChannelOptions, openChannel } from './open-channel.ts';

interface ListOptions extends OpenChannelOptions {
  readonly candidates: boolean;
}

export function listCommand(console: Console): Command {
  const command = new Command('list').description('the releases of a channel, verified');
  return addChannelOptions(command)
    .option('--candidates', 'also those that are not offered to everybody yet', false)
    .addHelpText('after', '\nExample:\n  skerry channel list --from stick/ --fingerprint SHA256:…')
    .action(async (options: ListOptions, self: Command) => {
      const { output } = globalOptions(self);
      await interruptible(
        async (signal) => {
          const { releases, freshness } = await openChannel(console, options, signal);
          const shown = releases.filter(({ track }) => options.candidates || track === 'stable');
          print(console, output, { releases: shown, freshness }, () =>
            [formatReleases(shown), '', formatFreshness(freshness)].join('\n'),
          );
        },
        (error) => reportError(console, output, error),
      );
    });
}

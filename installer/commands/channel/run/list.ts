import { type Console, type OutputFormat, print, reportError } from '../../../terminal/console.ts';
import { interruptible } from '../../../terminal/interrupt.ts';
import { formatFreshness, formatReleases } from '../channel-report.ts';
import type { ListOptions } from '../list.ts';
import { openChannel } from '../open-channel.ts';

export async function runList(console: Console, options: ListOptions, output: OutputFormat): Promise<void> {
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
}

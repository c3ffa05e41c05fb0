import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';
import { addChannelOptions, type OpenChannelOptions } from './channel-options.ts';
import { parseRelease } from './release-argument.ts';

export function showCommand(console: Console): Command {
  const command = new Command('show')
    .description('one release of a channel, and how one gets to it')
    .argument('<release>', 'PRODUCT/VERSION', parseRelease);
  return addChannelOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  skerry channel show skerry/1.2.0 --from stick/ --fingerprint SHA256:…',
    )
    .action(async (release: [string, string], options: OpenChannelOptions, self: Command) => {
      const { runShow } = await import('./run/show.ts');
      await runShow(console, release, options, globalOptions(self).output);
    });
}

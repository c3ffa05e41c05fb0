import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';
import { addChannelOptions, type OpenChannelOptions } from './channel-options.ts';

export interface ListOptions extends OpenChannelOptions {
  readonly candidates: boolean;
}

export function listCommand(console: Console): Command {
  const command = new Command('list').description('the releases of a channel, verified');
  return addChannelOptions(command)
    .option('--candidates', 'also those that are not offered to everybody yet', false)
    .addHelpText('after', '\nExample:\n  skerry channel list --from stick/ --fingerprint SHA256:…')
    .action(async (options: ListOptions, self: Command) => {
      const { runList } = await import('./run/list.ts');
      await runList(console, options, globalOptions(self).output);
    });
}

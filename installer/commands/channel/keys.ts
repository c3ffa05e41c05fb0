import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';
import { addRoleKeyOptions, type RoleKeyOptions } from './role-key-options.ts';

export function keysCommand(console: Console): Command {
  const command = new Command('keys')
    .description('change the keys of a channel, or add a product line; give all keys that count from now on')
    .argument('<folder>', 'the channel');
  return addRoleKeyOptions(command)
    .addHelpText(
      'after',
      '\nThe next root must be signed by the old root keys and by the new ones, so that sites that have missed it can follow.\n\nExample:\n  skerry channel keys channel/ --product skerry --key vendor.pub --root-key new.pub',
    )
    .action(async (folder: string, options: RoleKeyOptions, self: Command) => {
      const { runKeys } = await import('./run/keys.ts');
      await runKeys(console, folder, options, globalOptions(self).output);
    });
}

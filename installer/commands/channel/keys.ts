import { Command } from 'commander';
import { changeKeys, LIFETIMES } from '../../../channel/vendor/channel-workshop.ts';
import { Workshop } from '../../../channel/vendor/workshop.ts';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';
import { addRoleKeyOptions, type RoleKeyOptions, readRoleKeys } from './role-keys.ts';
import { printSignings } from './signing-report.ts';

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
      const workshop = new Workshop(folder);
      await changeKeys(workshop, await readRoleKeys(options), Date.now(), LIFETIMES);
      await printSignings(console, globalOptions(self).output, workshop);
    });
}

import { Command } from 'commander';
import { initChannel, LIFETIMES } from '../../../channel/vendor/channel-workshop.ts';
import { Workshop } from '../../../channel/vendor/workshop.ts';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';
import { addRoleKeyOptions, type RoleKeyOptions, readRoleKeys } from './role-keys.ts';
import { printSignings } from './signing-report.ts';

export function initCommand(console: Console): Command {
  const command = new Command('init')
    .description('begin a channel in a folder')
    .argument('<folder>', 'a folder that is not there yet, or empty');
  return addRoleKeyOptions(command)
    .addHelpText(
      'after',
      '\nNothing is signed yet: sign with each key, on whatever machine it is, then publish.\n\nExamples:\n  skerry channel init channel/ --product skerry --key vendor.pub\n  skerry channel init channel/ --product skerry --key vendor.pub --root-key one.pub --root-key two.pub --root-key three.pub --root-threshold 2',
    )
    .action(async (folder: string, options: RoleKeyOptions, self: Command) => {
      const workshop = new Workshop(folder);
      await initChannel(workshop, await readRoleKeys(options), Date.now(), LIFETIMES);
      await printSignings(console, globalOptions(self).output, workshop);
    });
}

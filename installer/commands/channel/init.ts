import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';
import { addRoleKeyOptions, type RoleKeyOptions } from './role-key-options.ts';

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
      const { runInit } = await import('./run/init.ts');
      await runInit(console, folder, options, globalOptions(self).output);
    });
}

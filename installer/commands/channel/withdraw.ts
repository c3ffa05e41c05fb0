import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';
import { parseRelease } from './release-argument.ts';

export function withdrawCommand(console: Console): Command {
  return new Command('withdraw')
    .description('tell everybody not to install a release any more, and why')
    .argument('<folder>', 'the channel')
    .argument('<release>', 'PRODUCT/VERSION', parseRelease)
    .requiredOption('--reason <text>', 'what is wrong with it, in a sentence for operators')
    .addHelpText(
      'after',
      '\nExample:\n  skerry channel withdraw channel/ skerry/1.1.0 --reason "may lose users; 1.1.1 does not"',
    )
    .action(
      async (folder: string, release: [string, string], options: { reason: string }, command: Command) => {
        const { runWithdraw } = await import('./run/withdraw.ts');
        await runWithdraw(console, folder, release, options, globalOptions(command).output);
      },
    );
}

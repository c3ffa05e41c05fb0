import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';
import { parseRelease } from './release-argument.ts';

export function promoteCommand(console: Console): Command {
  return new Command('promote')
    .description('offer a candidate to everybody')
    .argument('<folder>', 'the channel')
    .argument('<release>', 'PRODUCT/VERSION', parseRelease)
    .addHelpText('after', '\nExample:\n  skerry channel promote channel/ skerry/1.2.0')
    .action(async (folder: string, release: [string, string], _: unknown, command: Command) => {
      const { runPromote } = await import('./run/promote.ts');
      await runPromote(console, folder, release, globalOptions(command).output);
    });
}

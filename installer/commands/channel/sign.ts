import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';

export function signCommand(console: Console): Command {
  return new Command('sign')
    .description('sign all that is staged and that a key may sign')
    .argument('<folder>', 'the channel; carry it to where the key is')
    .requiredOption('--key <file>', 'the private key; its password comes from SKERRY_KEY_PASSWORD')
    .addHelpText('after', '\nExample:\n  skerry channel sign channel/ --key vendor.key')
    .action(async (folder: string, options: { key: string }, command: Command) => {
      const { runSign } = await import('./run/sign.ts');
      await runSign(console, folder, options, globalOptions(command).output);
    });
}

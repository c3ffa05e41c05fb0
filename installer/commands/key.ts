import { Command } from 'commander';
import { globalOptions } from '../terminal/cli-options.ts';
import type { Console } from '../terminal/console.ts';

export function keyCommand(console: Console): Command {
  const key = new Command('key');
  key
    .command('generate')
    .description('make a key pair: FILE is the private key, FILE with .pub the public one')
    .argument('[file]', 'where to write the private key', 'release.key')
    .addHelpText(
      'after',
      '\nThe private key is encrypted when SKERRY_KEY_PASSWORD is set.\n\nExample:\n  skerry key generate vendor.key',
    )
    .action(async (file: string, _: unknown, command: Command) => {
      const { runKeyGenerate } = await import('./run/key-generate.ts');
      await runKeyGenerate(console, file, globalOptions(command).output);
    });
  return key;
}

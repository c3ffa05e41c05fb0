import { Command } from 'commander';
import { LIFETIMES } from '../../../channel/vendor/lifetimes.ts';
import { collect, globalOptions, parseDays } from '../../terminal/cli-options.ts';
import { type Console, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';

export interface PublishCommandOptions {
  readonly key?: readonly string[];
  readonly to?: readonly string[];
  readonly days: number;
  readonly usernameFile?: string;
  readonly passwordFile?: string;
}

export function publishCommand(console: Console): Command {
  return new Command('publish')
    .description('make what is staged and signed the newest edition, and put the channel where sites find it')
    .argument('<folder>', 'the channel')
    .option('--key <file>', 'a private key for snapshot and timestamp; may be given several times', collect)
    .option(
      '--to <place>',
      'a stick’s folder, or a registry as http(s)://HOST[:PORT]; may be given several times',
      collect,
    )
    .option('--days <n>', 'so long the edition counts as fresh', parseDays, LIFETIMES.timestamp / 86_400_000)
    .option('--username-file <file>', 'user for the registry; credentials of docker login otherwise')
    .option('--password-file <file>', 'its password')
    .addHelpText(
      'after',
      '\nWithout --key nothing new is made, and what was published before is put to the places of --to.\n\nExample:\n  skerry channel publish channel/ --key vendor.key --to stick/',
    )
    .action(async (folder: string, options: PublishCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      const { runPublish } = await import('./run/publish.ts');

      await interruptible(
        (signal) => runPublish(console, folder, options, output, signal),
        (error) => reportError(console, output, error),
      );
    });
}

import { Command, InvalidArgumentError } from 'commander';
import type { LoginFiles } from '../../copy/content-location.ts';
import { globalOptions } from '../../terminal/cli-options.ts';
import { type Console, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';

export interface UntagOptions extends LoginFiles {
  readonly wait?: number;
}

export function untagCommand(console: Console): Command {
  return new Command('untag')
    .argument('<registry>', 'as http(s)://HOST[:PORT]')
    .argument('<names...>', 'each as REPOSITORY:TAG@DIGEST: what has come to mean something else stays')
    .option('--username-file <file>', 'user for the registry; credentials of docker login otherwise')
    .option('--password-file <file>', 'its password')
    .option('--wait <seconds>', 'so long the registry may take to answer at all', parseSeconds)
    .addHelpText(
      'after',
      '\nNames alone go, in the order given; what they meant stays under its digest until garbage is collected, and longer\nwhere another name leads to it. Names that are not there are passed over, so it may be run again.\n\nExample:\n  skerry registry untag https://registry.example team/app:1.0@sha256:…',
    )
    .action(async (registry: string, names: string[], options: UntagOptions, command: Command) => {
      const { output } = globalOptions(command);
      const { runUntag } = await import('./run-untag.ts');

      await interruptible(
        (signal) => runUntag(console, { registry, names, options, output, signal }),
        (error) => reportError(console, output, error),
      );
    });
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 0 && seconds <= 86_400)) throw new InvalidArgumentError('a number of seconds');
  return seconds;
}

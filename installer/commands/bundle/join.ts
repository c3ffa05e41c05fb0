import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import { type Console, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';

export interface JoinCommandOptions {
  readonly out: string;
}

export function joinCommand(console: Console): Command {
  return new Command('join')
    .argument('<volumes...>', 'volumes of one bundle, or folders with them')
    .requiredOption('-o, --out <file>', 'the bundle, which ends in .bundle.tar')
    .addHelpText(
      'after',
      '\nThe file is the same, byte for byte, as if the bundle had never been cut. Of volumes that come one after the other,\neach is taken as it comes: give the command again with the next, until it says that all were there.\n\nExamples:\n  skerry bundle join /media/a /media/b -o skerry-0.1.0.bundle.tar\n  skerry bundle join /media/stick/skerry-0.1.0.vol02.tar -o skerry-0.1.0.bundle.tar',
    )
    .action(async (paths: string[], options: JoinCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      const { runJoin } = await import('../run/bundle-rewrite.ts');
      await interruptible(
        (signal) => runJoin(console, paths, options, output, signal),
        (error) => reportError(console, output, error),
      );
    });
}

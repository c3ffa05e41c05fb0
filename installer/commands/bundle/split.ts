import { Command } from 'commander';
import { globalOptions, parseVolumeSize } from '../../terminal/cli-options.ts';
import { type Console, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';

export interface SplitCommandOptions {
  readonly out: string;
  readonly volumeSize: number;
}

export function splitCommand(console: Console): Command {
  return new Command('split')
    .argument('<bundle>', 'a bundle, or a stick’s folder')
    .requiredOption('-o, --out <folder>', 'where the volumes go')
    .requiredOption('--volume-size <size>', 'each is smaller than this, such as 4GiB', parseVolumeSize)
    .addHelpText(
      'after',
      '\nEach volume is a tar that can be checked alone. An interrupted split goes on when it is run again.\n\nExample:\n  skerry bundle split stick/skerry-0.1.0.bundle.tar -o /media/fat32 --volume-size 4GiB',
    )
    .action(async (path: string, options: SplitCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      const { runSplit } = await import('../run/bundle-rewrite.ts');
      await interruptible(
        (signal) => runSplit(console, path, options, output, signal),
        (error) => reportError(console, output, error),
      );
    });
}

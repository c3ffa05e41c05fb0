import { Command } from 'commander';
import {
  addClusterOptions,
  type ClusterOptions,
  globalOptions,
  parseSeconds,
  parseSize,
} from '../terminal/cli-options.ts';
import type { Console } from '../terminal/console.ts';

export interface SupportOptions extends ClusterOptions {
  readonly file?: string;
  readonly maxSize: number;
  readonly maxPart: number;
  readonly maxLog: number;
  readonly partTimeout: number;
}

const MB = 1_000_000;

export function supportBundleCommand(console: Console): Command {
  return addClusterOptions(new Command('support-bundle'))
    .option('-o, --file <file>', 'where to write it; skerry-support-TIME.tar.gz here otherwise')
    .option('--max-size <size>', 'of all that is collected', parseSize, 200 * MB)
    .option('--max-part <size>', 'of one kind of thing, such as all logs', parseSize, 100 * MB)
    .option('--max-log <size>', 'of one log', parseSize, 4 * MB)
    .option('--part-timeout <seconds>', 'for one kind of thing', parseSeconds, 120)
    .addHelpText(
      'after',
      '\nReads only, and takes secrets out. What could not be had is listed in its README.md.\n\nExamples:\n  skerry support-bundle\n  skerry support-bundle -o /media/stick/support.tar.gz',
    )
    .action(async (options: SupportOptions, command: Command) => {
      const { runSupportBundle } = await import('./run/support-bundle.ts');
      await runSupportBundle(console, options, globalOptions(command).output);
    });
}

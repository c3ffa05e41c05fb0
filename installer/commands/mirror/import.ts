import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';

export interface ImportOptions {
  readonly out?: string;
  readonly name: string;
  readonly to: string;
}

export function importMirrorCommand(console: Console): Command {
  return new Command('import')
    .description('make a mirror.yaml of a configuration of regsync or oc-mirror')
    .argument('<file>', 'a regsync.yml, or an ImageSetConfiguration')
    .option('-o, --out <file>', 'write it there, where no file is yet, instead of to standard output')
    .option('--name <name>', 'the name of the mirror', 'imported')
    .option('--to <location>', 'where images of an ImageSetConfiguration go', 'mirror')
    .addHelpText(
      'after',
      '\nWhat has no place in a mirror.yaml is named on standard error and in comments at the front of the file.\n\nExample:\n  skerry mirror import regsync.yml --out mirror.yaml',
    )
    .action(async (path: string, options: ImportOptions, command: Command) => {
      const { runImport } = await import('./run-import.ts');
      await runImport(console, path, options, globalOptions(command).output);
    });
}

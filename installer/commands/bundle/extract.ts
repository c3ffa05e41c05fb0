import { Command } from 'commander';
import { globalOptions, volumesOption } from '../../terminal/cli-options.ts';
import { type Console, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';

export interface ExtractCommandOptions {
  readonly out: string;
  readonly usernameFile?: string;
  readonly passwordFile?: string;
  readonly volumes?: readonly string[];
}

export function extractCommand(console: Console): Command {
  return new Command('extract')
    .argument('<from>', 'a bundle, a stick’s folder, a layout, or a registry as http(s)://HOST[:PORT]')
    .argument('<name>', 'the file, as REPOSITORY:TAG or REPOSITORY@DIGEST')
    .requiredOption('-o, --out <file>', 'where it goes')
    .option('--username-file <file>', 'user for the registry; credentials of docker login otherwise')
    .option('--password-file <file>', 'its password')
    .addOption(volumesOption())
    .addHelpText(
      'after',
      '\nIts digest is compared before it has its name. An interrupted extract goes on when it is run again.\n\nExamples:\n  skerry bundle extract stick/ skerry/files/node-1.34.4:1.34.4 -o node-1.34.4.ova\n  skerry bundle extract https://registry.example:5000 skerry/files/node-1.34.4:1.34.4 -o node-1.34.4.ova',
    )
    .action(async (from: string, name: string, options: ExtractCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      const { runExtract } = await import('../run/bundle-extract.ts');
      await interruptible(
        (signal) => runExtract(console, { from, name, options, output, signal }),
        (error) => reportError(console, output, error),
      );
    });
}

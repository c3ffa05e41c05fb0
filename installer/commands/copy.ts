import { Command, InvalidArgumentError, Option } from 'commander';
import { PLATFORM_GRAMMAR } from '../../content/platform-grammar.ts';
import type { CopySettings } from '../copy/copy-all.ts';
import { globalOptions, parseParallel, sparseOption, volumesOption } from '../terminal/cli-options.ts';
import { type Console, reportError } from '../terminal/console.ts';
import { interruptible } from '../terminal/interrupt.ts';

export interface CopyCommandOptions extends CopySettings {
  readonly usernameFile?: string;
  readonly passwordFile?: string;
  readonly progress: 'text' | 'json';
  readonly platform?: readonly string[];
  readonly wait?: number;
  readonly volumes?: readonly string[];
}

export function copyCommand(console: Console): Command {
  return new Command('copy')
    .argument(
      '<from>',
      'a bundle, a folder (a layout, or the store of a registry that is not running), or a registry as http(s)://HOST[:PORT]',
    )
    .argument(
      '<to>',
      'a folder, a new bundle (a file that ends in .tar), or a registry as http(s)://HOST[:PORT]',
    )
    .argument(
      '[names...]',
      'what to copy, as REPOSITORY:TAG or REPOSITORY@DIGEST; everything that has a name when none is given',
    )
    .option(
      '--release <repository:tag@digest>',
      'copy the content of this release, which must hash to the digest',
    )
    .option('--username-file <file>', 'user for the target registry; credentials of docker login otherwise')
    .option('--password-file <file>', 'its password')
    .option('--parallel <n>', 'names, and blobs, under way at a time', parseParallel, 4)
    .option(
      '--recheck',
      'look again at every blob, and at what belongs to each image, where the target has the same name already',
    )
    .option('--wait <seconds>', 'so long the target registry may take to answer at all', parseSeconds)
    .option(
      '--platform <os/architecture>',
      'of images for several platforms only this one, e.g. linux/amd64; may be given several times',
      parsePlatform,
    )
    .addOption(sparseOption())
    .addOption(volumesOption())
    .addOption(
      new Option('--progress <format>', 'lines of JSON are for other programs')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText(
      'after',
      '\nWhat the target holds already is skipped; an interrupted copy goes on. One name that fails stops no other.\nOf a bundle in volumes all is copied that is in those that are here; bring the others and give the command again.\nExit codes: 0 all is there, 5 all images are but a signature or something else that belongs to them could not be\nread, 6 some names failed and the rest is there; when nothing could be copied, that of the first error.\n\nExamples:\n  skerry copy stick/skerry-0.1.0.bundle.tar http://localhost:5000\n  skerry copy https://registry.example mirror/ team/app:1.2.3',
    )
    .action(
      async (from: string, to: string, names: string[], options: CopyCommandOptions, command: Command) => {
        const { output } = globalOptions(command);
        const { runCopy } = await import('./run/copy.ts');

        await interruptible(
          (signal) => runCopy(console, { from, to, names, options, output, signal }),
          (error) => reportError(console, output, error),
        );
      },
    );
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 0 && seconds <= 86_400)) throw new InvalidArgumentError('a number of seconds');
  return seconds;
}

function parsePlatform(text: string, before: readonly string[] = []): string[] {
  if (!PLATFORM_GRAMMAR.test(text)) throw new InvalidArgumentError('a platform such as linux/amd64');
  return [...before, text];
}

import { Command, InvalidArgumentError } from 'commander';
import semver from 'semver';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';

export interface AddOptions {
  readonly from: string;
  readonly stop: boolean;
  readonly stable: boolean;
  readonly product?: string;
}

export function addCommand(console: Console): Command {
  return new Command('add')
    .description('add the release of a stick or a bundle to a channel, as a candidate')
    .argument('<folder>', 'the channel')
    .argument('<stick>', 'a stick’s folder or a bundle')
    .requiredOption(
      '--from <range>',
      'versions from which it may be reached, e.g. ">=1.0.0 <1.2.0", or none',
      parseRange,
    )
    .option('--stop', 'upgrades that pass this version must stop at it', false)
    .option('--stable', 'offer it to everybody at once', false)
    .option('--product <name>', 'the product line; the release’s own name otherwise')
    .addHelpText('after', '\nExample:\n  skerry channel add channel/ stick/ --from ">=1.0.0 <1.2.0"')
    .action(async (folder: string, stick: string, options: AddOptions, command: Command) => {
      const { runAdd } = await import('./run/add.ts');
      await runAdd(console, folder, stick, options, globalOptions(command).output);
    });
}

/** `none` for a release that is only installed new. */
function parseRange(text: string): string {
  if (text === 'none') return text;
  if (text.trim() === '' || semver.validRange(text) === null)
    throw new InvalidArgumentError('a range of versions such as ">=1.0.0 <1.2.0", or none');
  return text;
}

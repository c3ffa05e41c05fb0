import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../../registry/gc/duration.ts';
import { DEFAULT_KEEP_UNTAGGED } from '../../../registry/gc/plan/keep-untagged.ts';
import { collect, globalOptions } from '../../terminal/cli-options.ts';
import { type Console, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import { addStoreOption, type StoreOption } from './store-option.ts';

export interface GcCommandOptions extends StoreOption {
  readonly plan?: boolean;
  readonly keepUntagged: number;
  readonly retain?: string;
  readonly roots?: readonly string[];
  readonly quarantine?: boolean;
}

export function gcCommand(console: Console): Command {
  const command = new Command('gc');
  return addStoreOption(command)
    .option('--plan', 'say what would go and how many bytes come back, and do nothing')
    .addOption(
      new Option(
        '--keep-untagged <duration>',
        'how long to keep what lost its tag to another, e.g. 12h, 30d, 0',
      )
        .argParser(parseDurationOption)
        .default(DEFAULT_KEEP_UNTAGGED, '7d'),
    )
    .option('--retain <file>', 'rules that keep longer what has no tag, in YAML or JSON')
    .option(
      '--roots <file>',
      'what must stay whatever its tags say, one REPOSITORY@DIGEST, REPOSITORY:TAG or digest a line; may be given again',
      collect,
    )
    .option('--quarantine', 'quarantined (corrupt) files go as well')
    .addHelpText(
      'after',
      '\nTags, indexes, subjects, referrers, roots, rules and pushes that go on are honoured. It may be interrupted at any time.\n\nExamples:\n  skerry registry gc --store /srv/registry --plan\n  skerry registry gc --store /srv/registry --keep-untagged 30d --roots running-images.txt',
    )
    .action(async (options: GcCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      const { runGc } = await import('./run-gc.ts');

      await interruptible(
        (signal) => runGc(console, options, { output, signal }),
        (error) => reportError(console, output, error),
      );
    });
}

/** An option's duration in milliseconds. */
function parseDurationOption(text: string): number {
  const duration = parseDuration(text);
  if (duration === undefined) throw new InvalidArgumentError('a duration such as 90s, 30m, 12h, 7d or 2w');
  return duration;
}

import { Command, Option } from 'commander';
import { globalOptions, parseListen } from '../../terminal/cli-options.ts';
import { type Console, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import type { RunServiceOptions } from './run-service.ts';
import { addStateOption, parseAge, parseSpan, type StateOption } from './state-option.ts';

export interface RunCommandOptions extends StateOption, Partial<RunServiceOptions> {
  readonly helm?: string;
  readonly every?: string;
  readonly timeZone: string;
}

export function runMirrorCommand(console: Console): Command {
  const command = new Command('run')
    .description('copy what is missing or has moved, and delete what the file asks to delete')
    .argument('<file>', 'a mirror.yaml')
    .option('--helm <file>', 'the helm program that renders charts')
    .option('--every <cron>', 'keep running, and run whenever this expression says, e.g. "0 2 * * *"')
    .option('--time-zone <zone>', 'of the expression, e.g. Europe/Oslo', 'UTC')
    .addOption(
      new Option('--spread <duration>', 'runs begin by up to so much later, as chance has it')
        .argParser(parseSpan)
        .default(300_000, '5m'),
    )
    .option(
      '--max-age <duration>',
      'how old the last good run may grow; twice the interval otherwise',
      parseAge,
    )
    .option('--at-start', 'run once at once, too')
    .option('--listen <address>', 'serve /metrics, /health and /healthz on HOST:PORT or :PORT', parseListen);
  return addStateOption(command)
    .addHelpText(
      'after',
      '\nWhat the target holds already is skipped; an interrupted run goes on. One that fails stops no other.\n\nExit codes: 0 all is well, 1 nothing could be done, 6 some items failed and the others are mirrored.\n\nExamples:\n  skerry mirror run mirror.yaml\n  skerry mirror run mirror.yaml --every "0 2 * * *" --listen :9464',
    )
    .action(async (path: string, options: RunCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      const { runMirrorOnce } = await import('./run-once.ts');

      await interruptible(
        (signal) => runMirrorOnce(console, path, options, output, signal),
        (error) => reportError(console, output, error),
      );
    });
}

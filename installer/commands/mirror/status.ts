import { Command } from 'commander';
import { mirrorError } from '../../../mirror/errors.ts';
import { readMirrorFile } from '../../../mirror/file/mirror-file.ts';
import { type Health, healthOf } from '../../../mirror/service/health.ts';
import { type MirrorState, readState } from '../../../mirror/service/state-file.ts';
import { globalOptions } from '../../terminal/cli-options.ts';
import { type Console, print } from '../../terminal/console.ts';
import { formatAge, formatBytes } from '../../terminal/units.ts';
import { addStateOption, parseAge, type StateOption, statePathOf } from './state-option.ts';

interface StatusOptions extends StateOption {
  readonly maxAge?: number;
}

export function mirrorStatusCommand(console: Console): Command {
  const command = new Command('status')
    .description('say how the last run of a mirror ended, and when the next one is due')
    .argument('<file>', 'a mirror.yaml')
    .option('--max-age <duration>', 'fail when the last good run is older, e.g. 36h', parseAge);
  return addStateOption(command)
    .addHelpText(
      'after',
      '\nExit codes: 0 the last run was good, 6 something failed in it, 1 the last good run is too old.\n\nExample:\n  skerry mirror status mirror.yaml --max-age 36h',
    )
    .action(async (path: string, options: StatusOptions, command: Command) => {
      const { output } = globalOptions(command);
      const file = await readMirrorFile(path);
      const state = await readState(statePathOf(options, file, console.env), file.mirror.name);
      const now = Date.now();
      const health = healthOf(state, now, options.maxAge ?? Number.POSITIVE_INFINITY);
      const { runs, lastGood, schedule } = state;
      print(console, output, { ...health, schedule, runs }, () => describe(state, health, now));
      const [last] = runs;
      if (health.status === 'old')
        throw mirrorError('MIRROR_RUN_OLD', {
          subject: file.mirror.name,
          detail: lastGood ?? 'there was none',
        });
      if (last?.code !== undefined)
        throw mirrorError('MIRROR_INCOMPLETE', {
          subject: file.mirror.name,
          detail: last.failures.join('; ') || last.message,
        });
    });
}

function describe(
  { runs, lastGood, next, schedule }: MirrorState,
  { status, running }: Health,
  now: number,
): string {
  const ago = (time: string) => `${time} (${formatAge(now - Date.parse(time))} ago)`;
  const [last] = runs;
  return [
    `status     ${status}${running ? ', a run is under way' : ''}`,
    `last run   ${last === undefined ? 'none' : `${ago(last.ended)}, ${last.code ?? 'all went well'}`}`,
    `last good  ${lastGood === undefined ? 'none' : ago(lastGood)}`,
    `next run   ${next ?? 'not scheduled'}${schedule === undefined ? '' : `   every ${schedule}`}`,
    ...(last?.jobs ?? []).map(
      ({ job, done, skipped, failed, deleted, bytesCopied }) =>
        `job ${job}   ${done} copied (${formatBytes(bytesCopied)}), ${skipped} the same, ${deleted} deleted, ${failed} failed`,
    ),
    ...(last?.failures ?? []).map((failure) => `  failed  ${failure}`),
  ].join('\n');
}

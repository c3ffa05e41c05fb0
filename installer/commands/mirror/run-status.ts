import { mirrorError } from '../../../mirror/errors.ts';
import { readMirrorFile } from '../../../mirror/file/mirror-file.ts';
import { type Health, healthOf } from '../../../mirror/service/health.ts';
import { type MirrorState, readState } from '../../../mirror/service/state-file.ts';
import { type Console, type OutputFormat, print } from '../../terminal/console.ts';
import { formatAge, formatBytes } from '../../terminal/units.ts';
import { statePathOf } from './state-path.ts';
import type { StatusOptions } from './status.ts';

export async function runStatus(
  console: Console,
  path: string,
  options: StatusOptions,
  output: OutputFormat,
): Promise<void> {
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

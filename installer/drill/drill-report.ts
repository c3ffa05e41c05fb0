import type { SkerryError } from '../../content/error.ts';
import { installerError } from '../errors.ts';
import type { TrialResult } from './drill-context.ts';

const VERDICTS = {
  held: 'held',
  failed: 'FAILED',
  'not-reached': 'not reached',
  cannot: 'not possible here',
} as const;
const ENDS = { old: 'old', new: 'new', between: 'BETWEEN', nothing: 'NOTHING' } as const;

/** A line for each trial: what went wrong, where it ended, how long that took. */
export function describeTrials(results: readonly TrialResult[]): string {
  const width = Math.max(8, ...results.map(({ id }) => id.length));
  const head = `${'SCENARIO'.padEnd(width)}  ${'VERDICT'.padEnd(17)}  END      HEALTHY  RUNS  MINUTES  WHAT HAPPENED`;
  const rows = results.flatMap((result) => [
    [
      result.id.padEnd(width),
      VERDICTS[result.verdict].padEnd(17),
      (result.end === undefined ? '-' : ENDS[result.end]).padEnd(7),
      (result.end === undefined ? '-' : result.healthy ? 'yes' : 'NO').padEnd(7),
      String(result.runs).padStart(4),
      (result.seconds / 60).toFixed(1).padStart(7),
      `${result.what}${result.codes.length === 0 ? '' : ` (${result.codes.join(', ')})`}`,
    ].join('  '),
    ...(result.detail === '' ? [] : [`${' '.repeat(width)}    ${result.detail}`]),
  ]);
  return [head, ...rows, '', summary(results)].join('\n');
}

/** DRILL_FAILED where a trial did not hold, or none could be done: a drill of nothing has shown nothing. */
export function drillError(results: readonly TrialResult[]): SkerryError | undefined {
  const failed = results.filter(({ verdict }) => verdict === 'failed').map(({ id }) => id);
  if (failed.length > 0) return installerError('DRILL_FAILED', { subject: failed.join(', ') });
  if (results.some(({ verdict }) => verdict === 'held')) return undefined;
  return installerError('DRILL_FAILED', { subject: 'every scenario', detail: summary(results) });
}

function summary(results: readonly TrialResult[]): string {
  const count = (verdict: TrialResult['verdict']) => results.filter((one) => one.verdict === verdict).length;
  return `${count('held')} held, ${count('failed')} failed, ${count('not-reached')} not reached, ${count('cannot')} not possible here`;
}

import { alignColumns } from '../report.ts';
import { median } from '../statistics.ts';
import { type InstallContender, type InstallRun, WORKS } from './install-bench.ts';

/** What was asked for, in seconds. */
const ASKED = { install: 12, 'install again': 1, uninstall: 5 } as const;
const ASKED_RATIO = 2.7;

/** A table for each of the works: every step, and the whole, with how many times as fast as before. */
export function formatInstallReport(contenders: readonly InstallContender[]): string {
  const now = contenders.at(-1);
  const before = contenders.length > 1 ? contenders[0] : undefined;
  if (now === undefined) return '';
  const tables = WORKS.map((work) => {
    const own = now.runs[work];
    const old = before?.runs[work] ?? [];
    const names = [...new Set([...old, ...own].flatMap(({ steps }) => steps.map(({ name }) => name)))];
    const rows = [
      [work, 'before', 'now', 'times as fast'],
      ...names.map((name) => row(`  ${name}`, old.map(secondsOf(name)), own.map(secondsOf(name)))),
      row(
        '  in all',
        old.map(({ seconds }) => seconds),
        own.map(({ seconds }) => seconds),
      ),
    ];
    return alignColumns(rows).join('\n');
  });
  return [...tables, verdict(contenders)].join('\n\n');
}

function verdict(contenders: readonly InstallContender[]): string {
  const now = contenders.at(-1);
  const before = contenders.length > 1 ? contenders[0] : undefined;
  const seconds = (runs: readonly InstallRun[] = []) => median(runs.map((run) => run.seconds));
  const lines = WORKS.map((work) => {
    const took = seconds(now?.runs[work]);
    return `${took <= ASKED[work] ? 'holds' : 'FAILS'} ${work} within ${ASKED[work]} s: ${took.toFixed(2)} s`;
  });
  if (before === undefined) return lines.join('\n');
  const ratio = seconds(before.runs.install) / seconds(now?.runs.install);
  const word = ratio >= ASKED_RATIO ? 'holds' : 'FAILS';
  return [...lines, `${word} install ${ASKED_RATIO} times as fast as before: ${ratio.toFixed(2)} times`].join(
    '\n',
  );
}

function row(name: string, before: readonly number[], now: readonly number[]): string[] {
  const [old, own] = [median(before), median(now)];
  const cell = (value: number) => (Number.isNaN(value) ? '' : `${value.toFixed(2)} s`);
  const ratio = old / own;
  return [name, cell(old), cell(own), Number.isFinite(ratio) ? ratio.toFixed(1) : ''];
}

/** A step that was not run took no time. */
function secondsOf(name: string): (run: InstallRun) => number {
  return ({ steps }) =>
    steps.filter((step) => step.name === name).reduce((sum, { seconds }) => sum + seconds, 0);
}

import { formatBytes } from '../../../installer/terminal/units.ts';
import { alignColumns } from '../report.ts';
import { median } from '../statistics.ts';
import type { MeasuredRun, UpgradeBenchResult } from './upgrade-bench.ts';

/** What was asked for: an upgrade of one component of ten against installing the new release, and a channel. */
const ASKED = { ratio: 0.35, releases: 1000, cpuSeconds: 1 };

export function formatUpgradeReport({ install, upgrade, channel }: UpgradeBenchResult): string {
  const names = [...new Set([...install, ...upgrade].flatMap(({ phases }) => Object.keys(phases)))];
  const of = (runs: readonly MeasuredRun[], value: (run: MeasuredRun) => number) => median(runs.map(value));
  const seconds = (value: number) => (Number.isNaN(value) ? '' : `${value.toFixed(2)} s`);
  const phase = (name: string) => (run: MeasuredRun) => run.phases[name] ?? Number.NaN;
  const rows = [
    ['one component of ten', 'install', 'upgrade'],
    ...names.map((name) => [
      `  ${name}`,
      seconds(of(install, phase(name))),
      seconds(of(upgrade, phase(name))),
    ]),
    ['  in all', seconds(of(install, took)), seconds(of(upgrade, took))],
    ['  carried', formatBytes(of(install, bytes)), formatBytes(of(upgrade, bytes))],
    ['  requests', String(of(install, requests)), String(of(upgrade, requests))],
  ];
  const ratio = of(upgrade, took) / of(install, took);
  const verdicts = [
    `${ratio <= ASKED.ratio ? 'holds' : 'FAILS'} an upgrade within ${ASKED.ratio} times an install: ${ratio.toFixed(2)} times`,
    ...(channel.releases < ASKED.releases
      ? [`a channel of ${channel.releases} releases takes ${seconds(channel.cpuSeconds)} of processor time`]
      : [
          `${channel.cpuSeconds <= ASKED.cpuSeconds ? 'holds' : 'FAILS'} a channel of ${channel.releases} releases within ${ASKED.cpuSeconds} s of processor time: ${seconds(channel.cpuSeconds)}`,
        ]),
  ];
  return [alignColumns(rows).join('\n'), verdicts.join('\n')].join('\n\n');
}

const took = (run: MeasuredRun) => run.seconds;
const bytes = (run: MeasuredRun) => run.bytes;
const requests = (run: MeasuredRun) => run.requests;

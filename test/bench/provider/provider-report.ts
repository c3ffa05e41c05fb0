import { formatBytes } from '../../../installer/terminal/units.ts';
import { alignColumns } from '../report.ts';
import { median } from '../statistics.ts';
import type { Planning, ProviderBenchResult, Start } from './provider-bench.ts';

/** What was asked for: processor seconds until the schema is there, and a plan against that of a provider in Go. */
const ASKED = { cpuSeconds: 0.35, ratio: 1.5 };

export function formatProviderReport({ resources, own, twin }: ProviderBenchResult): string {
  const seconds = (value: number) => `${value.toFixed(2)} s`;
  const row = (title: string, value: (side: typeof own) => string) => [title, value(own), value(twin)];
  const start = ({ starts }: typeof own, of: (start: Start) => number) => median(starts.map(of));
  const plan = ({ plans }: typeof own, of: (plan: Planning) => number) => median(plans.map(of));
  const rows = [
    ['processor time', 'skerry', 'in Go'],
    row('start to schema', (side) => seconds(start(side, ({ cpuSeconds }) => cpuSeconds))),
    row('memory then', (side) => formatBytes(start(side, ({ peakBytes }) => peakBytes))),
    row(`plan of ${resources} to make`, (side) => seconds(plan(side, ({ fresh }) => fresh))),
    row(`plan of ${resources} as they are`, (side) => seconds(plan(side, ({ settled }) => settled))),
  ];
  const schema = start(own, ({ cpuSeconds }) => cpuSeconds);
  const ratios = (['fresh', 'settled'] as const).map(
    (which) => plan(own, (one) => one[which]) / plan(twin, (one) => one[which]),
  );
  const ratio = Math.max(...ratios);
  const verdicts = [
    `${holds(schema <= ASKED.cpuSeconds)} start to schema within ${ASKED.cpuSeconds} s: ${seconds(schema)}`,
    `${holds(ratio <= ASKED.ratio)} a plan within ${ASKED.ratio} times that of a provider in Go: ${ratio.toFixed(2)} times`,
  ];
  return [alignColumns(rows).join('\n'), verdicts.join('\n')].join('\n\n');
}

function holds(is: boolean): string {
  return is ? 'holds' : 'FAILS';
}

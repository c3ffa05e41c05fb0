import { alignColumns } from '../report.ts';
import type { Comparison } from '../statistics.ts';
import { ASKED, type Cost } from './growth.ts';
import type { RegistryContest } from './registry-contest.ts';

export interface RegistryResult {
  readonly contest: Pick<RegistryContest, 'title' | 'asked' | 'work' | 'unit'>;
  readonly comparison: Comparison;
  readonly own: Share;
  readonly other: Share;
}

/** What a server spent. */
export interface Share {
  /** Bytes. */
  readonly peakBytes: number;
  /** Processor seconds of a round, at least. */
  readonly cpuSeconds: number;
}

/** A line for each contest: rates, the ratio of the rounds, memory of both servers. */
export function formatRegistryReport(results: readonly RegistryResult[]): string {
  const heading = ['', 'skerry', 'distribution', 'times as fast', 'asked', 'processor', 'memory'];
  return alignColumns([heading, ...results.map(row)]).join('\n');
}

/** One line for each contest that has a target, and one for memory. */
export function formatRegistryVerdict(results: readonly RegistryResult[], peakBytes: number): string {
  const lines = results.flatMap(({ contest: { title, asked }, comparison: { ratio } }) =>
    asked === undefined ? [] : [`${ratio >= asked ? 'holds' : 'FAILS'} ${title}: ${ratio.toFixed(2)} times`],
  );
  const [largest] = results.toSorted((a, b) => b.own.peakBytes - a.own.peakBytes);
  if (largest === undefined) return lines.join('\n');
  const { own, contest } = largest;
  const memory = `${own.peakBytes < peakBytes ? 'holds' : 'FAILS'} peak memory: at worst ${megabytes(own.peakBytes)}`;
  return [...lines, `${memory} (${contest.title})`].join('\n');
}

/** What requests cost as Skerry's registry grows: a line for each number of manifests. */
export function formatGrowth(costs: readonly Cost[]): string {
  const heading = ['microseconds per request (of processor)', ...ASKED, 'memory'];
  const rows = costs.map(({ manifests, spent, peakBytes }) => [
    `  ${manifests} manifests`,
    ...ASKED.map((asked) => `${spent[asked].elapsed.toFixed(0)} (${spent[asked].processor.toFixed(0)})`),
    megabytes(peakBytes),
  ]);
  return alignColumns([heading, ...rows]).join('\n');
}

function row({ contest, comparison, own, other }: RegistryResult): string[] {
  const { title, asked, work, unit } = contest;
  const { ratio, lowest, highest } = comparison;
  const rate = (seconds: number) => `${perSecond(work / seconds)} ${unit}/s`;
  return [
    title,
    rate(comparison.own),
    rate(comparison.baseline),
    `${ratio.toFixed(2)}  (${lowest.toFixed(2)} to ${highest.toFixed(2)})`,
    asked === undefined ? '' : asked.toFixed(1),
    `${own.cpuSeconds.toFixed(2)} / ${other.cpuSeconds.toFixed(2)} s`,
    `${megabytes(own.peakBytes)} / ${megabytes(other.peakBytes)}`,
  ];
}

function perSecond(rate: number): string {
  return rate < 100 ? rate.toPrecision(3) : Math.round(rate).toString();
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}

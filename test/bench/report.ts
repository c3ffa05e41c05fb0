import type { ContestResult, Use } from './contest.ts';

/** What was asked of Skerry, as numbers. */
export interface Asked {
  /** Times as fast as the first of the others. */
  readonly ratio: number;
  readonly peakBytes: number;
  /** Of the bundle, on import. */
  readonly extraDisk: number;
}

export interface ReportedContest extends ContestResult {
  readonly work: 'create' | 'import';
  /** Bytes of all content, each blob once. */
  readonly bytes: number;
}

const COLUMNS = [
  '',
  'seconds',
  'skerry is … times as fast',
  'peak memory',
  'together',
  'processor',
  'written',
  'registry',
];
const MEGABYTE = 1_000_000;

/** The tables, one for each contest. */
export function formatReport(contests: readonly ReportedContest[]): string {
  return contests.map(formatContest).join('\n\n');
}

/** One line for each thing that was asked, with the worst that was seen. */
export function formatVerdict(contests: readonly ReportedContest[], asked: Asked): string {
  const ratios = contests.map(({ title, theirs }) => ({
    title,
    value: theirs[0]?.comparison.ratio ?? Number.NaN,
  }));
  const memory = contests.map(({ title, ours }) => ({ title, value: ours.peakBytes }));
  const disk = contests
    .filter(({ work }) => work === 'import')
    .map(({ title, ours, bytes }) => ({ title, value: ours.writtenBytes / bytes }));
  const [slowest, largest, fullest] = [worst(ratios, -1), worst(memory, 1), worst(disk, 1)];
  return [
    [
      'at least as fast as skopeo',
      slowest,
      asked.ratio <= slowest.value,
      `${slowest.value.toFixed(2)} times`,
    ] as const,
    ['peak memory', largest, largest.value < asked.peakBytes, megabytes(largest.value)] as const,
    ['extra disk on import', fullest, !(fullest.value >= asked.extraDisk), percent(fullest.value)] as const,
  ]
    .map(
      ([what, { title }, held, seen]) => `${held ? 'holds ' : 'FAILS '} ${what}: at worst ${seen} (${title})`,
    )
    .join('\n');
}

function formatContest({ title, bytes, ours, theirs }: ReportedContest): string {
  const first = theirs[0]?.comparison;
  const rows = [
    COLUMNS,
    ['  skerry', seconds(first?.ours), '', ...useCells(ours)],
    ...theirs.map(({ name, use, comparison: { theirs: time, ratio, lowest, highest } }) => [
      `  ${name}`,
      seconds(time),
      `${ratio.toFixed(2)}  (${lowest.toFixed(2)} to ${highest.toFixed(2)})`,
      ...useCells(use),
    ]),
  ];
  const rounds = first?.rounds ?? 0;
  const heading = `${title}: ${megabytes(bytes)}, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`;
  return [heading, ...alignColumns(rows)].join('\n');
}

/** Pads cells so that columns stand under each other: the first to the left, the others to the right. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('   ')
      .trimEnd(),
  );
}

function useCells({ peakBytes, togetherBytes, cpuSeconds, writtenBytes, registryPeakBytes }: Use): string[] {
  const registry = registryPeakBytes > 0 ? megabytes(registryPeakBytes) : '';
  return [
    megabytes(peakBytes),
    megabytes(togetherBytes),
    seconds(cpuSeconds),
    megabytes(writtenBytes),
    registry,
  ];
}

function worst(seen: readonly { title: string; value: number }[], sign: 1 | -1) {
  return (
    seen.toSorted((a, b) => sign * (b.value - a.value))[0] ?? { title: 'not measured', value: Number.NaN }
  );
}

function seconds(value = Number.NaN): string {
  return `${value.toFixed(2)} s`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / MEGABYTE)} MB`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

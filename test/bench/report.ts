import type { AskedFigure } from './asked.ts';
import type { ContestResult, Use } from './contest.ts';

/** What was asked of Skerry, as numbers. */
export interface Asked {
  /** Times as fast as the baseline. */
  readonly ratio: number;
  readonly peakBytes: number;
  /** Of the bundle, on import. */
  readonly extraDisk: number;
}

export interface ReportedContest extends ContestResult {
  readonly work: 'create' | 'import' | 'start' | 'mirror';
  readonly set: string;
  /** Bytes of all content, each blob once. */
  readonly bytes: number;
}

const MEGABYTE = 1_000_000;

/** The tables, one for each contest. */
export function formatReport(contests: readonly ReportedContest[]): string {
  return contests.map(formatContest).join('\n\n');
}

/** One line for each thing that was asked, with the worst that was seen. */
export function formatVerdict(contests: readonly ReportedContest[], asked: Asked): string {
  const copies = contests.filter(({ work }) => work === 'create' || work === 'import');
  const seen = copies.flatMap(({ title, work, bytes, others: [own] }) =>
    own === undefined ? [] : [{ title, work, bytes, ratio: own.comparison.ratio, ...own.use }],
  );
  const imports = seen.filter(({ work }) => work === 'import');
  const slowest = worst(seen, ({ ratio }) => -ratio);
  const largest = worst(seen, ({ peakBytes }) => peakBytes);
  const fullest = worst(imports, ({ writtenBytes, bytes }) => writtenBytes / bytes);
  return [
    line(
      'at least as fast as skopeo',
      slowest,
      (value) => -value >= asked.ratio,
      (value) => `${(-value).toFixed(2)} times`,
    ),
    line('peak memory', largest, (value) => value < asked.peakBytes, megabytes),
    line('extra disk on import', fullest, (value) => value < asked.extraDisk, percent),
  ].join('\n');
}

/** A row for each figure that was asked for, with what was measured. */
export function formatAsked(figures: readonly AskedFigure[]): string {
  const text = (value: number, unit: AskedFigure['unit']) =>
    unit === 'bytes' ? megabytes(value) : unit === 'seconds' ? seconds(value) : value.toFixed(2);
  return alignColumns([
    ['', 'asked', 'measured', ''],
    ...figures.map(({ title, what, asked, measured, unit, holds }) => [
      `${title}, ${what}`,
      text(asked, unit),
      text(measured, unit),
      holds ? 'holds' : 'FAILS',
    ]),
  ]).join('\n');
}

interface Worst {
  readonly title: string;
  readonly value: number;
}

function worst<T extends { readonly title: string }>(
  seen: readonly T[],
  of: (one: T) => number,
): Worst | undefined {
  return seen.map((one) => ({ title: one.title, value: of(one) })).toSorted((a, b) => b.value - a.value)[0];
}

function line(
  what: string,
  found: Worst | undefined,
  holds: (value: number) => boolean,
  format: (value: number) => string,
): string {
  if (found === undefined) return `not measured: ${what}`;
  return `${holds(found.value) ? 'holds' : 'FAILS'} ${what}: at worst ${format(found.value)} (${found.title})`;
}

function formatContest({ title, bytes, baseline, others }: ReportedContest): string {
  const first = others[0]?.comparison;
  const rounds = first?.rounds ?? 0;
  const rows = [
    ['', 'seconds', `times as fast as ${baseline.name}`, ...USE_COLUMNS],
    [`  ${baseline.name}`, seconds(first?.baseline), '', ...useCells(baseline.use)],
    ...others.map(({ name, use, comparison: { own, ratio, lowest, highest } }) => [
      `  ${name}`,
      seconds(own),
      `${ratio.toFixed(2)}  (${lowest.toFixed(2)} to ${highest.toFixed(2)})`,
      ...useCells(use),
    ]),
  ];
  const heading = `${title}: ${megabytes(bytes)}, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`;
  return [heading, ...alignColumns(rows)].join('\n');
}

/** Pads cells so that columns stand under each other: the first to the left, the others to the right. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join('   ').trimEnd());
}

const USE_COLUMNS = ['largest process', 'all processes', 'processor', 'written', 'registry'];

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

function seconds(value = Number.NaN): string {
  return `${value.toFixed(2)} s`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / MEGABYTE)} MB`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

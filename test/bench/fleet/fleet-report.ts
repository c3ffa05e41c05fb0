import { alignColumns } from '../report.ts';

/** One thing that was asked for and what came of it. */
export interface Measure {
  readonly what: string;
  /** The most that is good enough. */
  readonly asked: number;
  readonly seen: number;
  readonly unit: 's' | 'B' | 'KB' | 'MB';
}

/** What the hub needs with so many agents connected and at rest. */
export interface HubSize {
  readonly agents: number;
  readonly hubBytes: number;
  /** From the first connection to the last. */
  readonly connectSeconds: number;
}

export interface FleetResult {
  readonly sizes: readonly HubSize[];
  readonly measures: readonly Measure[];
}

const MEGABYTE = 1_000_000;

/** Two tables: what was asked against what was seen, and how the hub grows. */
export function formatFleetReport({ sizes, measures }: FleetResult): string {
  const rows = [
    ['', 'asked', 'measured', ''],
    ...measures.map(({ what, asked, seen, unit }) => [
      `  ${what}`,
      `under ${asked} ${unit}`,
      `${seen.toFixed(seen < 100 ? 1 : 0)} ${unit}`,
      seen < asked ? 'holds' : 'FAILS',
    ]),
  ];
  const growth = [
    ['agents', 'memory of the hub', 'all connected and at their envelope'],
    ...sizes.map(({ agents, hubBytes, connectSeconds }) => [
      `  ${agents}`,
      `${Math.round(hubBytes / MEGABYTE)} MB`,
      `${connectSeconds.toFixed(1)} s`,
    ]),
  ];
  return [...alignColumns(rows), '', ...alignColumns(growth)].join('\n');
}

import { alignColumns } from '../report.ts';

/** One thing that was asked for and what came of it. */
export interface Figure {
  readonly what: string;
  /** The most that is good enough; undefined where nothing was asked. */
  readonly asked: number | undefined;
  readonly seen: number;
  readonly unit: string;
}

export interface ProvisionResult {
  readonly figures: readonly Figure[];
  /** What the vCenter was asked for each machine, by method. */
  readonly calls: readonly { readonly method: string; readonly each: number }[];
}

/** Two tables: what was asked against what was seen, and which calls a machine costs. */
export function formatProvisionReport({ figures, calls }: ProvisionResult): string {
  const rows = [
    ['', 'asked', 'measured', ''],
    ...figures.map(({ what, asked, seen, unit }) => [
      `  ${what}`,
      asked === undefined ? '' : `at most ${asked} ${unit}`.trim(),
      `${numberText(seen)} ${unit}`.trim(),
      asked === undefined ? '' : seen <= asked ? 'holds' : 'FAILS',
    ]),
  ];
  const methods = [
    ['calls for a machine', ''],
    ...calls.map(({ method, each }) => [`  ${method}`, each.toFixed(2)]),
  ];
  return [...alignColumns(rows), '', ...alignColumns(methods)].join('\n');
}

function numberText(value: number): string {
  return value.toFixed(Number.isInteger(value) || value >= 100 ? 0 : 1);
}

import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';

export type Row = Readonly<Record<string, SQLOutputValue>>;

const STEPS = 200;

/** Hands every row of a query to `take`, and yields now and then. */
export function* eachRow(
  database: DatabaseSync,
  sql: string,
  parameters: readonly SQLInputValue[],
  take: (row: Row) => void,
): Generator<undefined, void> {
  let rows = 0;
  for (const row of database.prepare(sql).iterate(...parameters)) {
    take(row);
    if (++rows % STEPS === 0) yield;
  }
}

export function numberOf(row: Row | undefined, column: string): number | undefined {
  const value = row?.[column];
  return typeof value === 'number' ? value : undefined;
}

/** 0 where there is no number. */
export function numberIn(row: Row | undefined, column: string): number {
  return numberOf(row, column) ?? 0;
}

export function nullableIn(row: Row, column: string): number | null {
  return numberOf(row, column) ?? null;
}

export function textOf(row: Row | undefined, column: string): string | undefined {
  const value = row?.[column];
  return typeof value === 'string' ? value : undefined;
}

/** Empty where there is no text. */
export function textIn(row: Row | undefined, column: string): string {
  return textOf(row, column) ?? '';
}

export function textsOf(rows: readonly Row[], column: string): string[] {
  return rows.flatMap((row) => textOf(row, column) ?? []);
}

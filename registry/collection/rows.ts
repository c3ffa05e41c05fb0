import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';

type Row = Readonly<Record<string, SQLOutputValue>>;

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

/** 0 where there is no number. */
export function numberIn(row: Row | undefined, column: string): number {
  const value = row?.[column];
  return typeof value === 'number' ? value : 0;
}

export function nullableIn(row: Row, column: string): number | null {
  const value = row[column];
  return typeof value === 'number' ? value : null;
}

/** Empty where there is no text. */
export function textIn(row: Row | undefined, column: string): string {
  const value = row?.[column];
  return typeof value === 'string' ? value : '';
}

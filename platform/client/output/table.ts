/** Rows under headings, in columns as wide as they need to be; more rows may come later. Empty cells show as `-`. */
export class Table {
  readonly #headings: readonly string[];
  #widths: number[] | undefined;

  constructor(headings: readonly string[]) {
    this.#headings = headings;
  }

  /** The rows as text; the first ones with their headings. */
  add(rows: readonly (readonly string[])[]): string {
    const shown = rows.map((row) => row.map((cell) => clean(cell) || '-'));
    const all = this.#widths === undefined ? [this.#headings, ...shown] : shown;
    const old = this.#widths ?? [];
    const widths = this.#headings.map((_, at) =>
      Math.max(old[at] ?? 0, ...all.map((row) => (row[at] ?? '').length)),
    );
    this.#widths = widths;
    return all.map((row) => lineOf(row, widths)).join('\n');
  }
}

/** A whole table. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? 'none' : new Table(headings).add(rows);
}

/** Names before what they stand for; empty ones are left out. */
export function fields(pairs: readonly (readonly [string, string | undefined])[]): string {
  const shown = pairs.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, clean(value)]],
  );
  const width = Math.max(0, ...shown.map(([name = '']) => name.length));
  return shown.map(([name = '', value = '']) => `${name.padEnd(width)}  ${value}`).join('\n');
}

// Text from outside must not steer the terminal.
function clean(text: string): string {
  return text.replace(/\p{Cc}/gu, '\u{fffd}');
}

function lineOf(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, at) => cell.padEnd(widths[at] ?? 0))
    .join('  ')
    .trimEnd();
}

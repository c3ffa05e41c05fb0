import type { Release } from '../release.ts';

export type Accounted = Release['accounted'][number];
/** What an author may say of a text that could be an image. */
export type Account = NonNullable<Accounted['as']>;

/** What the author of a release says about texts that could be images. */
export class Accounts {
  readonly #entries: readonly { readonly entry: Accounted; readonly fits: (text: string) => boolean }[];
  readonly #used = new Set<Accounted>();

  constructor(entries: readonly Accounted[]) {
    this.#entries = entries.map((entry) => ({ entry, fits: pattern(entry.match) }));
  }

  /** The first entry that fits one of the ways in which an image is written. */
  ofImage(names: readonly string[]): { as: Account; note: string } | undefined {
    const found = this.#entries.find(({ fits }) => names.some(fits))?.entry;
    if (found?.as === undefined) return undefined;
    this.#used.add(found);
    return { as: found.as, note: found.note };
  }

  ofOperator(name: string | undefined): string | undefined {
    const found = this.#entries.find(({ entry }) => name !== undefined && entry.operator === name)?.entry;
    if (found !== undefined) this.#used.add(found);
    return found?.note;
  }

  /** Entries that said nothing about anything so far: most likely what they were for is gone. */
  unused(): Accounted[] {
    return this.#entries.map(({ entry }) => entry).filter((entry) => !this.#used.has(entry));
  }
}

/** A release that says nothing. */
export const NO_ACCOUNTS = new Accounts([]);

function pattern(match: string | undefined): (text: string) => boolean {
  if (match === undefined) return () => false;
  const parts = match.split('*');
  return (text) => fits(text, parts);
}

// Not a regular expression: many stars in one would take for ever on a text that nearly fits.
function fits(text: string, [first = '', ...rest]: readonly string[]): boolean {
  const last = rest.at(-1);
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last))
    return false;
  let position = first.length;
  const end = text.length - last.length;
  for (const part of rest.slice(0, -1)) {
    const at = text.indexOf(part, position);
    if (at === -1 || at + part.length > end) return false;
    position = at + part.length;
  }
  return true;
}

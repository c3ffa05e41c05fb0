import type { Digest } from '../../content/digest.ts';

/** Counts of one beyond this say no more. */
const MOST = 32;

interface Entry {
  readonly repository: string;
  readonly digest: Digest;
  /** In the order of their times. */
  readonly ends: { readonly by: string; readonly end: number }[];
}

/** Digests of repositories, with the times at which clients' interest in them ends; one for each client. */
export class Expiries {
  /** By repository and digest. */
  readonly #entries = new Map<string, Entry>();
  readonly #clock: () => number;
  readonly #span: number;

  /** `span` and the clock in milliseconds. */
  constructor(clock: () => number, span: number) {
    this.#clock = clock;
    this.#span = span;
  }

  add(repository: string, digest: Digest, by: string): void {
    const key = keyOf(repository, digest);
    const ends = this.#entries.get(key)?.ends ?? [];
    if (ends.length === MOST) ends.shift();
    ends.push({ by, end: this.#clock() + this.#span });
    // Anew at the end, so that the map stays in the order in which entries are forgotten.
    this.#entries.delete(key);
    this.#entries.set(key, { repository, digest, ends });
    this.#forgetEnded();
  }

  /** Ends that one of a client's which would end first; false when it has none. */
  end(repository: string, digest: Digest, by: string): boolean {
    const key = keyOf(repository, digest);
    const now = this.#clock();
    const ends = this.#entries.get(key)?.ends.filter(({ end }) => end > now) ?? [];
    const first = ends.findIndex((each) => each.by === by);
    if (first === -1) return false;
    if (ends.length > 1) this.#entries.set(key, { repository, digest, ends: ends.toSpliced(first, 1) });
    else this.#entries.delete(key);
    return true;
  }

  /** Ends those that began by `since`. */
  endAll(repository: string, digest: Digest, since: number): void {
    const key = keyOf(repository, digest);
    const later = this.#entries.get(key)?.ends.filter(({ end }) => end - this.#span > since) ?? [];
    if (later.length > 0) this.#entries.set(key, { repository, digest, ends: later });
    else this.#entries.delete(key);
  }

  /** Milliseconds until the last of them ends; 0 when there is none. */
  remaining(repository: string, digest: Digest): number {
    return this.#left(this.#entries.get(keyOf(repository, digest)));
  }

  entries(): Iterable<Pick<Entry, 'repository' | 'digest'>> {
    this.#forgetEnded();
    return this.#entries.values();
  }

  #left(entry: Entry | undefined): number {
    return Math.max(0, (entry?.ends.at(-1)?.end ?? 0) - this.#clock());
  }

  #forgetEnded(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#left(entry) > 0) return;
      this.#entries.delete(key);
    }
  }
}

function keyOf(repository: string, digest: Digest): string {
  return `${repository}@${digest}`;
}

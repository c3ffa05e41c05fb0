/** How long answers are used, in milliseconds. */
export interface RememberedOptions {
  /** Without asking again. */
  readonly freshMs: number;
  /** After that, while asking again fails; 0 when an old answer is worse than none. */
  readonly staleMs: number;
  /** After a failure, before asking again. */
  readonly retryMs: number;
  /** How many answers are kept; the one unused for longest goes first. */
  readonly max: number;
  /** A clock that never goes back. */
  readonly now: () => number;
  /** Told when an old answer had to stand in. */
  readonly onStale?: ((key: string, error: unknown) => void) | undefined;
}

interface Entry<V> {
  answer?: { readonly value: V; readonly at: number } | undefined;
  failure?: { readonly error: unknown; readonly at: number } | undefined;
  asking?: Promise<V> | undefined;
}

/**
 * Answers to questions put to something slow that may be away: asks once for many callers at a time, and lets an old
 * answer stand in for a while when there is no new one.
 */
export class Remembered<V> {
  readonly #options: RememberedOptions;
  readonly #entries = new Map<string, Entry<V>>();

  constructor(options: RememberedOptions) {
    this.#options = options;
  }

  /** The answer to `key`; `ask` finds it where it is not known. Throws what `ask` threw where nothing stands in. */
  async get(key: string, ask: () => Promise<V>): Promise<V> {
    const entry = this.#touch(key);
    const { freshMs, retryMs, now } = this.#options;
    if (entry.answer !== undefined && now() - entry.answer.at < freshMs) return entry.answer.value;
    if (entry.failure !== undefined && now() - entry.failure.at < retryMs) return this.#standIn(key, entry);
    entry.asking ??= this.#ask(entry, ask);
    try {
      return await entry.asking;
    } catch {
      return this.#standIn(key, entry);
    }
  }

  async #ask(entry: Entry<V>, ask: () => Promise<V>): Promise<V> {
    try {
      const value = await ask();
      entry.answer = { value, at: this.#options.now() };
      entry.failure = undefined;
      return value;
    } catch (error) {
      entry.failure = { error, at: this.#options.now() };
      throw error;
    } finally {
      entry.asking = undefined;
    }
  }

  #standIn(key: string, { answer, failure }: Entry<V>): V {
    const { freshMs, staleMs, now, onStale } = this.#options;
    if (answer === undefined || now() - answer.at >= freshMs + staleMs) throw failure?.error;
    onStale?.(key, failure?.error);
    return answer.value;
  }

  // A Map keeps the order of insertion: the first key is the one unused for longest.
  #touch(key: string): Entry<V> {
    const entry = this.#entries.get(key) ?? {};
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#options.max) break;
      this.#entries.delete(oldest);
    }
    return entry;
  }
}

import { LRUCache } from 'lru-cache';

/** How long answers are used, in milliseconds. */
export interface RememberedOptions {
  /** Without asking again. */
  readonly freshMs: number;
  /** After that, while asking again fails; 0 when an old answer is worse than none. */
  readonly staleMs: number;
  /** After a failure, before asking again. */
  readonly retryMs: number;
  /** How many answers are kept, at least one; the one unused for longest goes first. */
  readonly max: number;
  /** A clock that never goes back. */
  readonly now: () => number;
  /** Whether an old answer may stand in after this failure; after any when absent. */
  readonly mayStandIn?: ((error: unknown) => boolean) | undefined;
  /** Told each time that asking failed while an old answer can stand in. */
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
  readonly #entries: LRUCache<string, Entry<V>>;

  constructor(options: RememberedOptions) {
    this.#options = options;
    this.#entries = new LRUCache({ max: options.max });
  }

  /** The answer to `key`; `ask` finds it where it is not known. Throws what `ask` threw where nothing stands in. */
  async get(key: string, ask: () => Promise<V>): Promise<V> {
    const entry = this.#touch(key);
    const { freshMs, retryMs, now } = this.#options;
    if (entry.answer !== undefined && now() - entry.answer.at < freshMs) return entry.answer.value;
    if (entry.failure !== undefined && now() - entry.failure.at < retryMs) return this.#standIn(entry);
    entry.asking ??= this.#ask(key, entry, ask);
    try {
      return await entry.asking;
    } catch {
      return this.#standIn(entry);
    }
  }

  /** The next time it is asked again. */
  forget(key: string): void {
    this.#entries.delete(key);
  }

  async #ask(key: string, entry: Entry<V>, ask: () => Promise<V>): Promise<V> {
    try {
      const value = await ask();
      entry.answer = { value, at: this.#options.now() };
      entry.failure = undefined;
      return value;
    } catch (error) {
      entry.failure = { error, at: this.#options.now() };
      if (this.#canStandIn(entry)) this.#options.onStale?.(key, error);
      throw error;
    } finally {
      entry.asking = undefined;
    }
  }

  #standIn(entry: Entry<V>): V {
    if (entry.answer === undefined || !this.#canStandIn(entry)) throw entry.failure?.error;
    return entry.answer.value;
  }

  #canStandIn({ answer, failure }: Entry<V>): boolean {
    const { freshMs, staleMs, now, mayStandIn = () => true } = this.#options;
    return answer !== undefined && now() - answer.at < freshMs + staleMs && mayStandIn(failure?.error);
  }

  #touch(key: string): Entry<V> {
    const entry = this.#entries.get(key) ?? {};
    this.#entries.set(key, entry);
    return entry;
  }
}

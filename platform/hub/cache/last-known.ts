import { isSkerryError } from '../../../content/error.ts';
import { Remembered, type RememberedOptions } from './remembered.ts';

/** An answer with its age, and why there is no younger one. */
export interface Known<V> {
  readonly value: V;
  readonly readAt: string;
  readonly away: { readonly code: string; readonly detail: string } | undefined;
}

export interface LastKnownOptions extends Pick<RememberedOptions, 'freshMs' | 'retryMs' | 'max' | 'now'> {
  readonly date?: (() => Date) | undefined;
}

/** Remembers what something that may be away said last, however long ago: what shows it says how old it is. */
export class LastKnown<V> {
  readonly #answers: Remembered<Omit<Known<V>, 'away'>>;
  readonly #away = new Map<string, NonNullable<Known<V>['away']>>();
  readonly #date: () => Date;

  constructor({ date = () => new Date(), ...options }: LastKnownOptions) {
    this.#date = date;
    this.#answers = new Remembered({
      ...options,
      staleMs: Number.POSITIVE_INFINITY,
      onStale: (key, error) => this.#away.set(key, reasonOf(error)),
    });
  }

  /** Throws what `ask` threw where it has never answered. */
  async get(key: string, ask: () => Promise<V>): Promise<Known<V>> {
    const answer = await this.#answers.get(key, async () => {
      const value = await ask();
      this.#away.delete(key);
      return { value, readAt: this.#date().toISOString() };
    });
    return { ...answer, away: this.#away.get(key) };
  }
}

function reasonOf(error: unknown): { code: string; detail: string } {
  if (isSkerryError(error)) return { code: error.code, detail: error.detail ?? error.subject };
  return { code: 'NOT_READY', detail: 'no answer in time' };
}

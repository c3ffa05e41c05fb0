import type { StoreIndex } from './store-index.ts';

/** What was looked up lately; an answer holds until something changes in the index, and then none is kept. */
export class Lookups<T> {
  readonly #index: Pick<StoreIndex, 'revision'>;
  readonly #most: number;
  readonly #weigh: (found: T, key: string) => number;
  readonly #found = new Map<string, T>();
  #weight = 0;
  #revision = -1;

  /** Keeps `most` answers or, where each has a weight (its bytes, say), answers that weigh so much together. */
  constructor(
    index: Pick<StoreIndex, 'revision'>,
    most: number,
    weigh: (found: T, key: string) => number = () => 1,
  ) {
    this.#index = index;
    this.#most = most;
    this.#weigh = weigh;
  }

  /** The answer under `key`, from `look` when it is not known. That there is none is not remembered. */
  find<F extends T | undefined>(key: string, look: () => F): T | F {
    const { revision } = this.#index;
    if (revision !== this.#revision) this.#clear();
    this.#revision = revision;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const found = look();
    if (found !== undefined) this.#keep(key, found);
    return found;
  }

  #keep(key: string, found: T): void {
    const weight = this.#weigh(found, key);
    if (weight > this.#most) return;
    if (this.#weight + weight > this.#most) this.#clear();
    this.#weight += weight;
    this.#found.set(key, found);
  }

  #clear(): void {
    this.#found.clear();
    this.#weight = 0;
  }
}

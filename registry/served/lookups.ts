import type { StoreIndex } from './store-index.ts';

/** What was looked up lately; an answer holds until something changes in the index, and then none is kept. */
export class Lookups<T> {
  readonly #index: Pick<StoreIndex, 'revision'>;
  readonly #most: number;
  readonly #found = new Map<string, T>();
  #revision = -1;

  /** Keeps `most` answers. */
  constructor(index: Pick<StoreIndex, 'revision'>, most: number) {
    this.#index = index;
    this.#most = most;
  }

  /** The answer under `key`, from `look` when it is not known. That there is none is not remembered. */
  find(key: string, look: () => T | undefined): T | undefined {
    const { revision } = this.#index;
    if (revision !== this.#revision) this.#found.clear();
    this.#revision = revision;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const found = look();
    if (found === undefined) return undefined;
    if (this.#found.size >= this.#most) this.#found.clear();
    this.#found.set(key, found);
    return found;
  }

  clear(): void {
    this.#found.clear();
  }
}

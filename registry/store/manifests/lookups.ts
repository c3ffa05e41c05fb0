import { LRUCache } from 'lru-cache';
import type { StoreIndex } from '../index/store-index.ts';

/** What was looked up lately; an answer is good until something changes in the index, and then none is kept. */
export class Lookups<T extends {}> {
  readonly #index: Pick<StoreIndex, 'revision'>;
  readonly #found: LRUCache<string, T>;
  #revision = -1;

  /** Keeps `most` answers or, where each has a weight (its bytes, say), answers that weigh so much together. */
  constructor(index: Pick<StoreIndex, 'revision'>, most: number, weigh?: (found: T, key: string) => number) {
    this.#index = index;
    this.#found = new LRUCache(
      weigh === undefined ? { max: most } : { maxSize: most, sizeCalculation: weigh },
    );
  }

  /** The answer under `key`, from `look` when it is not known. That there is none is not remembered. */
  find<F extends T | undefined>(key: string, look: () => F): T | F {
    const { revision } = this.#index;
    if (revision !== this.#revision && this.#found.size > 0) this.#found.clear();
    this.#revision = revision;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const found = look();
    if (found !== undefined) this.#found.set(key, found);
    return found;
  }
}

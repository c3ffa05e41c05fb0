/** Work with the same key runs one after the other, in the order in which it came; work with other keys beside it. */
export class KeyedMutex<K = string> {
  /** The end of what came last, by key. */
  readonly #last = new Map<K, Promise<void>>();

  /** Number of keys with work that runs or waits. */
  get size(): number {
    return this.#last.size;
  }

  /** Runs `work` when all that came before it with this key has ended, however it ended. */
  async run<T>(key: K, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const result = before.then(work);
    const ended = result.then(
      () => {},
      () => {},
    );
    this.#last.set(key, ended);
    try {
      return await result;
    } finally {
      if (this.#last.get(key) === ended) this.#last.delete(key);
    }
  }
}

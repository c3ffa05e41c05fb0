/** Lets one writer at a time at each tag, so that "replace only if it is still the same" can be promised. */
export class TagLocks {
  readonly #tails = new Map<string, Promise<void>>();

  /** Holds several; always in the same order, so that no two wait for each other. */
  async holdAll<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const [first, ...rest] = [...new Set(keys)].sort();
    if (first === undefined) return await work();
    return await this.hold(first, () => this.holdAll(rest, work));
  }

  async hold<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(work);
    const tail = result.then(
      () => {},
      () => {},
    );
    this.#tails.set(key, tail);
    try {
      return await result;
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}

import { platformError } from '../../errors.ts';

/** How many watches may be open at a time: of one user, and of all together. */
export interface WatchLimits {
  readonly perUser: number;
  readonly total: number;
}

export class WatchLimit {
  readonly #limits: WatchLimits;
  readonly #open = new Map<string, number>();
  #total = 0;

  constructor(limits: WatchLimits) {
    this.#limits = limits;
  }

  /** The events of a watch, which counts from when the first is asked for until it ends. Throws WATCHES_TOO_MANY. */
  async *counted<E>(username: string, events: AsyncIterable<E>): AsyncGenerator<E, void, undefined> {
    this.#check(username);
    this.#count(username, 1);
    try {
      yield* events;
    } finally {
      this.#count(username, -1);
    }
  }

  #check(username: string): void {
    const own = this.#open.get(username) ?? 0;
    if (own >= this.#limits.perUser) {
      throw platformError('WATCHES_TOO_MANY', { subject: username, detail: `${own} of this user` });
    }
    if (this.#total >= this.#limits.total) {
      throw platformError('WATCHES_TOO_MANY', { subject: 'hub', detail: `${this.#total} of all users` });
    }
  }

  #count(username: string, by: number): void {
    const left = (this.#open.get(username) ?? 0) + by;
    if (left === 0) this.#open.delete(username);
    else this.#open.set(username, left);
    this.#total += by;
  }
}

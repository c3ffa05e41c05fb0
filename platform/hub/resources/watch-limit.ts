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

  /** Counts one more; the returned function ends it. Throws WATCHES_TOO_MANY. */
  open(username: string): () => void {
    const own = this.#open.get(username) ?? 0;
    if (own >= this.#limits.perUser) {
      throw platformError('WATCHES_TOO_MANY', { subject: username, detail: `${own} of this user` });
    }
    if (this.#total >= this.#limits.total) {
      throw platformError('WATCHES_TOO_MANY', { subject: 'hub', detail: `${this.#total} of all users` });
    }
    this.#count(username, 1);
    let isOpen = true;
    return () => {
      if (isOpen) this.#count(username, -1);
      isOpen = false;
    };
  }

  #count(username: string, by: number): void {
    const left = (this.#open.get(username) ?? 0) + by;
    if (left === 0) this.#open.delete(username);
    else this.#open.set(username, left);
    this.#total += by;
  }
}

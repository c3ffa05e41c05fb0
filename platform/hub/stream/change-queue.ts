import type { Notice } from '../watched/seen-objects.ts';

/** What is still to be reported of a kind, and up to where everything was reported with it. */
export interface Pending extends Notice {
  readonly plural: string;
}

/**
 * What one client has not taken yet. Of each object only the latest change waits, so that a slow client keeps no more
 * than there are objects; it moves to the end, so that the places in between stay true.
 */
export class ChangeQueue {
  readonly #pending = new Map<string, Pending>();
  #wake: (() => void) | undefined;

  push(pending: Pending): void {
    const key = `${pending.plural} ${pending.change?.key ?? ''}`;
    this.#pending.delete(key);
    this.#pending.set(key, pending);
    this.#wake?.();
  }

  get size(): number {
    return this.#pending.size;
  }

  take(): Pending | undefined {
    for (const [key, pending] of this.#pending) {
      this.#pending.delete(key);
      return pending;
    }
    return undefined;
  }

  /** Waits until there is something. Throws when the signal is aborted. */
  async filled(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#pending.size > 0) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    this.#wake = resolve;
    try {
      await promise;
    } finally {
      this.#wake = undefined;
      signal.removeEventListener('abort', abort);
    }
  }
}

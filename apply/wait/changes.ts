import type { KubeClient, Selection } from '../client/client.ts';
import { type Clock, systemClock } from '../clock.ts';

interface ChangesInput {
  readonly client: Pick<KubeClient, 'watch'>;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Wakes a loop that looks at objects as soon as one of them changes. Watches only wake: what holds is what the loop
 * reads, so a watch that is forbidden, broken or late costs time and nothing else; then the loop's pause decides.
 */
export class Changes {
  readonly #client: Pick<KubeClient, 'watch'>;
  readonly #signal: AbortSignal | undefined;
  readonly #clock: Clock;
  readonly #closed = new AbortController();
  readonly #watched = new Set<string>();
  #changed = Promise.withResolvers<void>();

  constructor({ client, signal, clock = systemClock }: ChangesInput) {
    this.#client = client;
    this.#signal = signal;
    this.#clock = clock;
  }

  /** Also wakes for these; each selection is watched once. */
  watch(selection: Selection): void {
    const { apiVersion, kind, namespace = '', labelSelector = '', fieldSelector = '' } = selection;
    const key = [apiVersion, kind, namespace, labelSelector, fieldSelector].join('\n');
    if (this.#watched.has(key)) return;
    this.#watched.add(key);
    void this.#follow(selection);
  }

  /** Until the next change, and no longer than `ms`. A change since the last call counts. */
  async next(ms: number): Promise<void> {
    const woken = new AbortController();
    const signals = [woken.signal, this.#closed.signal, ...(this.#signal ? [this.#signal] : [])];
    const pause = this.#clock.sleep(ms, AbortSignal.any(signals)).catch(() => undefined);
    await Promise.race([this.#changed.promise, pause]);
    woken.abort();
    this.#changed = Promise.withResolvers<void>();
    this.#signal?.throwIfAborted();
  }

  close(): void {
    this.#closed.abort();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #follow(selection: Selection): Promise<void> {
    const signal =
      this.#signal === undefined ? this.#closed.signal : AbortSignal.any([this.#signal, this.#closed.signal]);
    try {
      for await (const _ of this.#client.watch(selection, signal)) {
        if (signal.aborted) return;
        this.#changed.resolve();
      }
    } catch {
      // Not permitted, not served, or the cluster is away: the loop still looks from time to time.
    }
  }
}

/**
 * Runs `work` over `items`, at most `width` at a time and at least one, results in the order of the items. The first
 * failure stops new work from starting, waits for what runs, and is thrown.
 */
export async function mapLimited<T, R>(
  items: Iterable<T>,
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const all = [...items];
  const queue = all.entries();
  const failures: unknown[] = [];
  const worker = async () => {
    for (const [index, item] of queue) {
      if (failures.length > 0) return;
      try {
        results[index] = await work(item, index);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  // A width of 0 or less would do nothing at all and call it success.
  const workers = Math.min(all.length, Math.max(1, width || 1));
  await Promise.all(Array.from({ length: workers }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}

/**
 * Runs `work` over items as they come, at most `width` at a time and at least one, and gives each result when it is
 * there. Holds no more than that. The first failure ends it and is thrown; then, and when nobody wants any more, what
 * runs is aborted by the signal that it was given, and waited for.
 */
export async function* streamLimited<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<R> {
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const events = new EventQueue<StreamEvent<T, R>>();
  const abort = () => events.push({ failure: signal?.reason });
  signal?.addEventListener('abort', abort, { once: true });
  const most = Math.max(1, width || 1);
  const running = new Set<Promise<void>>();
  // Items whose result nobody has taken yet.
  let held = 0;
  let isPulling = false;
  let hasEnded = false;
  const pull = async () => events.push({ next: await iterator.next() });
  const run = async (item: T) => events.push({ result: await work(item, either) });
  const fail = (failure: unknown) => events.push({ failure });
  try {
    for (;;) {
      signal?.throwIfAborted();
      if (!hasEnded && !isPulling && held < most) {
        isPulling = true;
        pull().catch(fail);
      }
      if (held === 0 && !isPulling) return;
      const event = await events.next();
      if ('failure' in event) throw event.failure;
      if ('result' in event) {
        held--;
        yield event.result;
        continue;
      }
      isPulling = false;
      if (event.next.done) {
        hasEnded = true;
        continue;
      }
      held++;
      const started = run(event.next.value)
        .catch(fail)
        .finally(() => running.delete(started));
      running.add(started);
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    stop.abort();
    await Promise.all(running);
    // One that is being asked may never answer.
    const returned = Promise.resolve(iterator.return?.()).catch(() => {});
    if (!isPulling) await returned;
  }
}

type StreamEvent<T, R> =
  | { readonly next: IteratorResult<T> }
  | { readonly result: R }
  | { readonly failure: unknown };

/** What happens while somebody waits, in its order. */
class EventQueue<E> {
  readonly #events: E[] = [];
  #wake: (() => void) | undefined;

  push(event: E): void {
    this.#events.push(event);
    this.#wake?.();
  }

  async next(): Promise<E> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** Lets at most `width` pieces of work run at a time, at least one; the others wait for their turn in order. */
export class Turnstile {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(width: number) {
    this.#free = Math.max(1, width || 1);
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

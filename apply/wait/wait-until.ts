import type { KubeClient, Selection } from '../client/client.ts';
import { type Clock, systemClock } from '../clock.ts';
import { Changes } from './changes.ts';

export interface WaitInput<T> {
  readonly client: Pick<KubeClient, 'watch'>;
  /** What wakes the wait. */
  readonly selections: readonly Selection[];
  /** Reads what is waited for; undefined while it isn't there. `waitedMs` is how long the wait has lasted. */
  readonly look: (waitedMs: number) => Promise<T | undefined>;
  readonly timeoutMs: number;
  /** What is thrown when the time is over. */
  readonly late: () => Promise<Error> | Error;
  /** Looks this often even when no watch works, in milliseconds; one second when absent. */
  readonly everyMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}

const EVERY_MS = 1000;

/** Waits until `look` finds something: it is asked at each change of the selections, and from time to time. */
export async function waitUntil<T>(input: WaitInput<T>): Promise<T> {
  const {
    client,
    selections,
    look,
    timeoutMs,
    late,
    everyMs = EVERY_MS,
    signal,
    clock = systemClock,
  } = input;
  const started = clock.now();
  using changes = new Changes({ client, signal, clock });
  for (const selection of selections) changes.watch(selection);
  for (;;) {
    signal?.throwIfAborted();
    const waited = clock.now() - started;
    const found = await look(waited);
    if (found !== undefined) return found;
    if (waited >= timeoutMs) throw await late();
    await changes.next(Math.min(everyMs, timeoutMs - waited));
  }
}

import type { Clock } from '../clock.ts';
import type { KubeClient, Selection, WatchEvent } from './client.ts';

export interface FollowOptions {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Before a watch that ended or failed is begun again, in milliseconds. */
  readonly pauseMs: number;
  /** A watch that failed, or an event that could not be worked on. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * Watches until the signal is aborted, whatever happens in between: it begins again with all that there is, so what an
 * event could not be worked on for comes once more.
 */
export async function follow(
  client: Pick<KubeClient, 'watch'>,
  selection: Selection,
  onEvent: (event: WatchEvent) => Promise<void> | void,
  { signal, clock, pauseMs, onError }: FollowOptions,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const event of client.watch(selection, signal)) await onEvent(event);
    } catch (error) {
      if (!signal.aborted) onError?.(error);
    }
    await clock.sleep(pauseMs, signal).catch(() => undefined);
  }
}

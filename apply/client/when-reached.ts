import { isSkerryError } from '../../content/error.ts';
import { type Clock, systemClock } from '../clock.ts';

export interface Reaching {
  readonly signal: AbortSignal;
  /** Called with why, each time that the cluster was away. */
  readonly onAway: (error: unknown) => void;
  readonly clock?: Clock | undefined;
}

const AWAY = new Set(['CLUSTER_UNREACHABLE', 'CLUSTER_ERROR']);
const LIMIT_MS = 600_000;
const PAUSE_MS = 2000;

/**
 * What a pod begins with: waits up to ten minutes for an API server that is away, as it is on a node whose Services are not
 * set up yet. A pod that ended instead would be started again later and later. Throws what `call` throws otherwise.
 */
export async function whenReached<T>(
  call: () => Promise<T>,
  { signal, onAway, clock = systemClock }: Reaching,
): Promise<T> {
  const deadline = clock.now() + LIMIT_MS;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isSkerryError(error) || !AWAY.has(error.code) || clock.now() > deadline) throw error;
      onAway(error);
      await clock.sleep(PAUSE_MS, signal);
    }
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { contentError } from '../../content/errors.ts';

const PAUSE_MS = 200;
const CALL_MS = 5000;

/**
 * Waits until a registry answers at all, whatever it says: one that starts beside the copy, for one.
 * Throws REGISTRY_UNREACHABLE.
 */
export async function awaitRegistry(
  url: string,
  { waitMs, signal }: { waitMs: number; signal: AbortSignal },
): Promise<void> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const problem = await ask(`${url.replace(/\/$/, '')}/v2/`, signal);
    signal.throwIfAborted();
    if (problem === undefined) return;
    if (performance.now() >= deadline)
      throw contentError('REGISTRY_UNREACHABLE', { subject: url, cause: problem });
    await sleep(PAUSE_MS, undefined, { signal });
  }
}

/** The error where there is no answer, or none but that the service is away. */
async function ask(url: string, signal: AbortSignal): Promise<unknown> {
  try {
    const { status, body } = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]),
    });
    await body?.cancel();
    return status >= 502 && status <= 504 ? new Error(`HTTP ${status}`) : undefined;
  } catch (error) {
    return error;
  }
}

import { setTimeout } from 'node:timers/promises';
import { platformError } from '../../errors.ts';
import type { Work } from './resource.ts';

const LIMIT_MS = 60 * 60_000;
const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 5_000;

/** Waits until what was deleted is gone: machines go before their cluster. Throws OBJECT_NOT_GONE. */
export async function untilGone(
  subject: string,
  { signal, log }: Pick<Work, 'signal' | 'log'>,
  isThere: () => Promise<boolean>,
  limitMs = LIMIT_MS,
): Promise<void> {
  const limit = AbortSignal.timeout(limitMs);
  const either = AbortSignal.any([signal, limit]);
  let pause = FIRST_PAUSE_MS;
  while (await isThere()) {
    log(`${subject}: waiting until it is gone`);
    await setTimeout(pause, undefined, { signal: either }).catch(() => undefined);
    signal.throwIfAborted();
    if (limit.aborted) throw platformError('OBJECT_NOT_GONE', { subject, detail: `${limitMs / 60_000} min` });
    pause = Math.min(pause * 2, MAX_PAUSE_MS);
  }
}

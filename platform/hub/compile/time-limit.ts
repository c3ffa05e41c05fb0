import { isNativeError } from 'node:util/types';
import { createContext, Script } from 'node:vm';

/** What is known to be endless is not tried again for so long: each try holds up everybody else. */
const PENALTY_MS = 600_000;
const MAX_KNOWN = 1_000;

let current: () => void = () => undefined;
const script = new Script('run()');
const context = createContext({ run: () => current() }, { codeGeneration: { strings: false, wasm: false } });
const endless = new Map<unknown, number>();

/**
 * Does work that may have no end because of something that a tenant wrote, such as a pattern on which V8 searches for
 * ages: nothing but a script of its own is stopped in the middle. `culprit` is what was written: it is refused at once
 * for a while. Throws where the time is over, and what the work throws.
 */
export function withTimeLimit<T>(
  culprit: unknown,
  limitMs: number,
  work: () => T,
  now: () => number = () => performance.now(),
): T {
  if (now() < (endless.get(culprit) ?? 0)) throw new Error('this took too long before');
  const results: T[] = [];
  current = () => void results.push(work());
  try {
    script.runInContext(context, { timeout: limitMs });
  } catch (error) {
    // Asked of the error, not of a clock: V8's timer may end a script a little before the limit, seen by another clock.
    if (results.length === 0 && isTimeout(error)) remember(culprit, now() + PENALTY_MS);
    throw error;
  } finally {
    current = () => undefined;
  }
  for (const result of results) return result;
  throw new Error('the work ended without a result');
}

function isTimeout(error: unknown): boolean {
  // An error of another context is no `instanceof Error` of this one.
  return isNativeError(error) && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}

function remember(culprit: unknown, until: number): void {
  endless.delete(culprit);
  endless.set(culprit, until);
  for (const oldest of endless.keys()) {
    if (endless.size <= MAX_KNOWN) break;
    endless.delete(oldest);
  }
}

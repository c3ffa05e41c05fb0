import type { MirrorState } from './state-file.ts';

/**
 * Whether the last good run ended longer ago than it may; where there was none, whether the first run is that old. One
 * that is as far ahead was remembered by a wrong clock and says nothing.
 */
export function isOld({ lastGood, runs }: MirrorState, now: number, maxAgeMs: number): boolean {
  const since = lastGood ?? runs.at(-1)?.started;
  return since !== undefined && Math.abs(now - Date.parse(since)) > maxAgeMs;
}

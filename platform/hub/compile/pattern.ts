import { withTimeLimit } from './time-limit.ts';

const LIMIT_MS = 100;

/** Whether a text fits a pattern that a tenant wrote; undefined where the pattern can't be used, or takes too long. */
export function fitsPattern(pattern: string, text: string): boolean | undefined {
  try {
    return withTimeLimit(pattern, LIMIT_MS, () => new RegExp(pattern, 'u').test(text));
  } catch {
    return undefined;
  }
}

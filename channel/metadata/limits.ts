/**
 * The most bytes that each kind of metadata may have: a client must have such a limit before it knows any better
 * (TUF specification 5.3.3, 5.4.1). Timestamps name one file; a thousand releases take about half a MiB.
 */
export const LIMITS = {
  root: 512 * 1024,
  timestamp: 16 * 1024,
  snapshot: 2 * 1024 * 1024,
  targets: 8 * 1024 * 1024,
} as const;

/** So many new roots are looked at in a row, and so many product lines are followed (5.3.3, 5.6.7). */
export const MAX_ROOTS = 256;
export const MAX_ROLES = 64;

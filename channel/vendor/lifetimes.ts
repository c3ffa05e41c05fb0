const DAY = 24 * 60 * 60 * 1000;
export const LIFETIMES = {
  root: 3 * 365 * DAY,
  targets: 2 * 365 * DAY,
  snapshot: 365 * DAY,
  timestamp: 365 * DAY,
} as const;

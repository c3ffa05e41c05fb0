const DAY = 24 * 60 * 60 * 1000;

/** How long the metadata still counts as fresh. Nothing that is installed ever stops for it. */
export interface Freshness {
  readonly state: 'fresh' | 'ending' | 'expired';
  /** The first end of root, timestamp, snapshot and targets; milliseconds since 1970. */
  readonly expires: number;
  /** Milliseconds until then; less than 0 afterwards. */
  readonly remaining: number;
  /** Which role ends first. */
  readonly role: string;
  /** The clock is behind what was seen before: what was seen counts. */
  readonly clockBehind: boolean;
  /** By so many milliseconds; 0 when it is not. */
  readonly behind: number;
}

/** Warned of so long before. */
const ENDING = 14 * DAY;

/** The time that counts: a clock that runs behind what was seen already is wrong, by however many years. */
export function effectiveTime(clock: number, lastSeen: number): number {
  return Math.max(clock, lastSeen);
}

export function freshnessOf(
  ends: Readonly<Record<string, number>>,
  { clock, lastSeen }: { readonly clock: number; readonly lastSeen: number },
): Freshness {
  const [first] = Object.entries(ends).sort(([, a], [, b]) => a - b);
  const [role, expires] = first ?? ['', Number.POSITIVE_INFINITY];
  const remaining = expires - effectiveTime(clock, lastSeen);
  const state = remaining <= 0 ? 'expired' : remaining <= ENDING ? 'ending' : 'fresh';
  return {
    state,
    expires,
    remaining,
    role,
    clockBehind: clock < lastSeen,
    behind: Math.max(0, lastSeen - clock),
  };
}

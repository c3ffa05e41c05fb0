const DAY_MS = 86_400_000;
/** Warned of so long before, as the installer does. */
const ENDING_DAYS = 14;

interface SeenChannel {
  readonly expiresAt: string;
  readonly lastSeenAt: string;
}

/** How fresh a channel is. A clock that is behind what was seen already is wrong: then what was seen counts. */
export function channelState({ expiresAt, lastSeenAt }: SeenChannel, now: number) {
  const left = Date.parse(expiresAt) - Math.max(now, Date.parse(lastSeenAt));
  if (left <= 0) return { state: 'not fresh', tone: 'bad' } as const;
  if (left <= ENDING_DAYS * DAY_MS) return { state: 'ends soon', tone: 'warn' } as const;
  return { state: 'fresh', tone: 'good' } as const;
}

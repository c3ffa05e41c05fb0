const UNITS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** The page's time goes on every ten seconds, and clocks differ a little: what is ahead by so much was now. */
const AHEAD_SECONDS = 15;

/** How long ago, in words that are right however old: the largest unit of which there are two. */
export function ageText(time: string | undefined, now: number): string {
  const at = Date.parse(time ?? '');
  if (Number.isNaN(at)) return '';
  const seconds = Math.round((now - at) / 1000);
  if (seconds < -AHEAD_SECONDS) return `in ${spanText(-seconds)}`;
  return seconds < 5 ? 'just now' : `${spanText(seconds)} ago`;
}

/** A length of time: `90 seconds`, `21 hours`. */
export function spanText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [unit, size] = UNITS.find(([, length]) => whole >= 2 * length) ?? ['second', 1];
  const count = Math.floor(whole / size);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** A time in full, where the reader is and in UTC: logs are in UTC. */
export function absoluteText(time: string | undefined): string {
  const at = Date.parse(time ?? '');
  if (Number.isNaN(at)) return '';
  const utc = new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
  return `${new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' })} (${utc})`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** How long ago something was, as kubectl writes it: the largest unit of which there are two, e.g. 90s, 5m, 3h, 12d. */
export function age(time: string | undefined, now: number): string {
  const at = Date.parse(time ?? '');
  return Number.isNaN(at) ? '' : duration((now - at) / 1000);
}

export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [unit, size] = UNITS.find(([, size]) => whole >= 2 * size) ?? ['s', 1];
  return `${Math.floor(whole / size)}${unit}`;
}

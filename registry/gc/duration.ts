const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Reads `90s`, `30m`, `24h`, `7d`, `2w` or `0`, in milliseconds; undefined if it isn't a duration. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const { number, unit } = /^(?<number>\d{1,9})(?<unit>[smhdw])$/.exec(text)?.groups ?? {};
  return number !== undefined && isUnit(unit) ? Number(number) * UNITS[unit] : undefined;
}

function isUnit(text: string | undefined): text is keyof typeof UNITS {
  return text !== undefined && text in UNITS;
}

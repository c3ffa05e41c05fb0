/** Bytes for people, in decimal units as media are sold: `1.2 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** Milliseconds for people: `3.4 s`, `2 min 5 s`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** A span of milliseconds for people, roughly: `5 min`, `30 h`, `12 d`. */
export function formatAge(ms: number): string {
  const minutes = Math.max(0, ms) / 60_000;
  if (minutes < 120) return `${Math.ceil(minutes)} min`;
  const hours = minutes / 60;
  return hours < 48 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} d`;
}

/** Reads a Kubernetes quantity of storage such as `20Gi`; undefined for what is none. */
export function parseQuantity(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([KMGTP]i|[kMGTP])?$/.exec(text) ?? [];
  const power = ' KMGTP'.indexOf(unit.charAt(0).toUpperCase() || ' ');
  return number === undefined
    ? undefined
    : Number(number) * (unit.endsWith('i') ? 1024 : 1000) ** Math.max(0, power);
}

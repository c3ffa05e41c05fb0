import semver from 'semver';

/** The newest minor whose APIs are known here; a range without an end is taken to end with it. */
const NEWEST = 37;
/** A range without a beginning is taken to begin here. */
const OLDEST = 28;
/** No range reaches further. */
const LIMIT = 99;

export interface KubernetesMinors {
  /** A version of each minor of the range, oldest first: `1.31.0`, or the first patch that is in the range. */
  readonly versions: readonly string[];
  /** The range has no end (or no beginning), and this is where looking ended: `1.37`. */
  readonly boundedAt?: { readonly oldest?: string; readonly newest?: string };
}

/** The minors of Kubernetes that a range of versions holds, each with a version that stands for it. */
export function minorsOf(range: string): KubernetesMinors {
  const held = (minor: number) => versionIn(range, minor);
  const openAbove = held(LIMIT) !== undefined;
  const openBelow = held(0) !== undefined;
  const first = openBelow ? OLDEST : firstHeld(held);
  const last = openAbove ? Math.max(NEWEST, first) : LIMIT;
  const versions = [];
  for (let minor = first; minor <= last; minor++) versions.push(held(minor));
  const found = versions.filter((version) => version !== undefined);
  return {
    // A range that no version 1.x is in: what it begins with.
    versions: found.length > 0 ? found : [semver.minVersion(range)?.version ?? `1.${NEWEST}.0`],
    ...(openAbove || openBelow
      ? {
          boundedAt: {
            ...(openBelow ? { oldest: `1.${first}` } : {}),
            ...(openAbove ? { newest: `1.${last}` } : {}),
          },
        }
      : {}),
  };
}

function firstHeld(held: (minor: number) => string | undefined): number {
  for (let minor = 0; minor <= LIMIT; minor++) if (held(minor) !== undefined) return minor;
  return LIMIT + 1;
}

function versionIn(range: string, minor: number): string | undefined {
  const whole = `>=1.${minor}.0 <1.${minor + 1}.0-0`;
  if (!semver.intersects(range, whole)) return undefined;
  for (let patch = 0; patch <= 50; patch++)
    if (semver.satisfies(`1.${minor}.${patch}`, range)) return `1.${minor}.${patch}`;
  return undefined;
}

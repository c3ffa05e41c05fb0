import type { Cluster, Rollout } from '../../../client/kinds.ts';

/** Remembers which version the clusters had before; the command line writes and reads the same. */
export const FROM_LABEL = 'from-version';

export function rolloutState({ status, deleting }: Rollout): string {
  if (typeof deleting === 'string') return 'Deleting';
  return status?.phase ?? 'Pending';
}

/** The version that all clusters have that will be changed, where it is but one. */
export function versionBefore(
  clusters: readonly Cluster[],
  profile: { readonly name: string; readonly version: string },
  selector: Readonly<Record<string, string>>,
): string | undefined {
  const versions = targetsOf(clusters, profile.name, selector)
    .flatMap(({ spec }) => spec.profiles ?? [])
    .filter(({ name, version }) => name === profile.name && version !== profile.version)
    .map(({ version }) => version);
  const [only, ...others] = new Set(versions);
  return others.length === 0 ? only : undefined;
}

/** The clusters that a rollout of a profile is for. */
export function targetsOf(
  clusters: readonly Cluster[],
  profile: string,
  selector: Readonly<Record<string, string>>,
): Cluster[] {
  return clusters
    .filter(({ spec }) => (spec.profiles ?? []).some(({ name }) => name === profile))
    .filter(({ labels = {} }) => Object.entries(selector).every(([key, value]) => labels[key] === value));
}

/** `a=b,c=d` as labels; undefined where it is none. */
export function readLabels(text: string): Record<string, string> | undefined {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const pairs = parts.map((part) => /^([^=!\s]+)=([^=\s]*)$/.exec(part));
  if (pairs.some((pair) => pair === null)) return undefined;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
}

/** A name that no rollout has: the same version may be rolled out again. */
export function freeName(wanted: string, taken: readonly string[]): string {
  if (!taken.includes(wanted)) return wanted;
  for (let next = 2; ; next++) if (!taken.includes(`${wanted}-${next}`)) return `${wanted}-${next}`;
}

import compare from 'semver/functions/compare.js';
import type { Profile } from '../../../client/kinds.ts';

/** Profiles of the same name together, in the order of names, the newest version first. */
export function versionsByProfile(profiles: readonly Profile[]): [string, Profile[]][] {
  const groups = Map.groupBy(profiles, ({ project, spec }) => `${project}/${spec.name}`);
  return [...groups]
    .map(([key, versions]): [string, Profile[]] => [
      key,
      versions.toSorted((a, b) => compare(b.spec.version, a.spec.version)),
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

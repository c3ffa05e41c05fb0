import type { Cluster } from '../../../client/kinds.ts';

type ProfileUse = NonNullable<Cluster['spec']['profiles']>[number];

/** The profiles of a cluster with another version of one of them, or with one more; variables keep their values. */
export function profilesWith(
  used: readonly ProfileUse[],
  { name, version }: { readonly name: string; readonly version: string },
): ProfileUse[] {
  const isThere = used.some((use) => use.name === name);
  const changed = used.map((use) => (use.name === name ? { ...use, version } : use));
  return isThere ? changed : [...changed, { name, version }];
}

export function profilesWithout(used: readonly ProfileUse[], name: string): ProfileUse[] {
  return used.filter((use) => use.name !== name);
}

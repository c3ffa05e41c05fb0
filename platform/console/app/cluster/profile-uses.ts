import type { Cluster } from '../../../client/kinds.ts';

type ProfileUse = NonNullable<Cluster['spec']['profiles']>[number];

/** The profiles of a cluster with another version of one of them, or with one more, and these values of its variables. */
export function profilesWith(
  used: readonly ProfileUse[],
  { name, version, variables = [] }: ProfileUse,
): ProfileUse[] {
  const wanted = { name, version, ...(variables.length === 0 ? {} : { variables }) };
  const isThere = used.some((use) => use.name === name);
  return isThere ? used.map((use) => (use.name === name ? wanted : use)) : [...used, wanted];
}

export function profilesWithout(used: readonly ProfileUse[], name: string): ProfileUse[] {
  return used.filter((use) => use.name !== name);
}

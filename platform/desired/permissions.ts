import type { PackConfig, PackPermission } from '../../content/pack-format.ts';

/** A rule of a Role (rbac.authorization.k8s.io/v1, PolicyRule). */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[] | undefined;
  readonly verbs: readonly string[];
}

/** What it takes to apply objects, to wait for them, to watch them for drift and to remove them. */
export const APPLY_VERBS: readonly string[] = ['get', 'list', 'watch', 'create', 'patch', 'update', 'delete'];

/** The least that an agent must be allowed for these packs: one rule for each group and set of verbs, sorted. */
export function rulesOf(packs: readonly Pick<PackConfig, 'permissions'>[]): PolicyRule[] {
  const byResource = new Map<string, { group: string; resource: string; verbs: Set<string> }>();
  for (const permission of packs.flatMap(({ permissions }) => permissions)) {
    const { group, resource } = permission;
    const known = byResource.get(`${group}/${resource}`) ?? { group, resource, verbs: new Set() };
    for (const verb of verbsOf(permission)) known.verbs.add(verb);
    byResource.set(`${group}/${resource}`, known);
  }
  const alike = Map.groupBy(byResource.values(), ({ group, verbs }) =>
    JSON.stringify([group, inOrder(verbs)]),
  );
  return [...alike]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, group]) => {
      const [first] = group;
      if (first === undefined) return [];
      const resources = group.map(({ resource }) => resource).sort();
      return [{ apiGroups: [first.group], resources, verbs: inOrder(first.verbs) }];
    });
}

export function verbsOf({ verbs }: PackPermission): readonly string[] {
  return verbs ?? APPLY_VERBS;
}

function inOrder(verbs: ReadonlySet<string>): string[] {
  const known = APPLY_VERBS.filter((verb) => verbs.has(verb));
  return [...known, ...[...verbs].filter((verb) => !APPLY_VERBS.includes(verb)).sort()];
}

import { textAt } from '../../apply/json.ts';
import { groupOf, type KubeObject } from '../../apply/object.ts';
import { isCrd } from '../../apply/release/own-kinds.ts';
import type { PackPermission } from '../../content/pack-format.ts';
import { renderedObjects } from '../images/rendered-objects.ts';
import type { Rendering } from '../images/renderings.ts';

const RBAC = 'rbac.authorization.k8s.io';
const CRDS: PackPermission = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' };

/**
 * What applying a pack takes: the kinds of all objects that it renders to, hooks included, with its default values and
 * with each preset. `renderings` are those of all packs, which may bring the kinds that this one has objects of.
 */
export function permissionsOf(
  { name, version }: { readonly name: string; readonly version: string },
  renderings: readonly Pick<Rendering, 'use' | 'text'>[],
): PackPermission[] {
  const plurals = pluralsIn(renderings);
  const own = renderings.filter(({ use }) => use.pack === name && use.packVersion === version);
  const objects = own.flatMap(renderedObjects);
  const found = objects.filter((each) => !isCrd(each)).flatMap((object) => permissionsFor(object, plurals));
  return sorted(objects.some(isCrd) ? [...found, CRDS] : found);
}

function permissionsFor(object: KubeObject, plurals: ReadonlyMap<string, string>): PackPermission[] {
  const { kind, apiVersion } = object;
  const group = groupOf(apiVersion);
  const permission = { group, resource: plurals.get(`${group}/${kind}`) ?? pluralOf(kind) };
  if (group !== RBAC) return [permission];
  // Nobody may grant what he has not, unless these two say so (kubernetes.io/docs, "Privilege escalation prevention").
  if (kind === 'Role' || kind === 'ClusterRole') return [permission, { ...permission, verbs: ['escalate'] }];
  const role = textAt(object, 'roleRef', 'kind');
  if (role === undefined) return [permission];
  return [permission, { group: RBAC, resource: pluralOf(role), verbs: ['bind'] }];
}

/** How the API names the resource of a kind by rule; CRDs may name another. */
function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  if (lower === 'endpoints') return lower;
  if (/(s|x|z|ch|sh)$/.test(lower)) return `${lower}es`;
  return /[^aeiou]y$/.test(lower) ? `${lower.slice(0, -1)}ies` : `${lower}s`;
}

function pluralsIn(renderings: readonly Pick<Rendering, 'use' | 'text'>[]): ReadonlyMap<string, string> {
  const plurals = new Map<string, string>();
  for (const crd of renderings.flatMap(renderedObjects).filter(isCrd)) {
    const plural = textAt(crd, 'spec', 'names', 'plural');
    const id = `${textAt(crd, 'spec', 'group')}/${textAt(crd, 'spec', 'names', 'kind')}`;
    if (plural !== undefined) plurals.set(id, plural);
  }
  return plurals;
}

function sorted(permissions: readonly PackPermission[]): PackPermission[] {
  const keyOf = ({ group, resource, verbs = [] }: PackPermission) => [group, resource, ...verbs].join(' ');
  const unique = new Map(permissions.map((permission) => [keyOf(permission), permission]));
  return [...unique].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, permission]) => permission);
}

import { z } from 'zod';
import type { RawAnswer } from '../client/client.ts';
import type { OwnKind } from './own-kinds.ts';

/**
 * Discovery answers with kinds added that the API server doesn't serve yet: both forms that Kubernetes has, all groups
 * in one (Kubernetes API concepts, "Aggregated discovery") and one group version in each.
 */

const named = z.looseObject({ name: z.string() });
const aggregatedSchema = z.looseObject({
  kind: z.literal('APIGroupDiscoveryList'),
  items: z.array(
    z.looseObject({
      metadata: named,
      versions: z.array(
        z.looseObject({
          version: z.string(),
          resources: z
            .array(z.looseObject({ resource: z.string() }))
            .nullish()
            .transform((resources) => resources ?? []),
        }),
      ),
    }),
  ),
});
type Aggregated = z.infer<typeof aggregatedSchema>;

const resourceListSchema = z.looseObject({ resources: z.array(named) });

/** The answer to `/apis`; one that isn't aggregated stays as it is. */
export function addToGroups(answer: RawAnswer, kinds: readonly OwnKind[]): RawAnswer {
  const list = parse(aggregatedSchema, answer);
  if (list === undefined) return answer;
  let items = list.items;
  for (const kind of kinds) items = withKind(items, kind);
  return { ...answer, text: JSON.stringify({ ...list, items }) };
}

/** The answer to `/apis/GROUP/VERSION`, also where the API server has no such group. */
export function addToGroupVersion(
  answer: RawAnswer,
  groupVersion: string,
  kinds: readonly OwnKind[],
): RawAnswer {
  const own = kinds.filter(({ group, version }) => `${group}/${version}` === groupVersion);
  if (own.length === 0) return answer;
  const list = parse(resourceListSchema, answer) ?? {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: [],
  };
  const missing = own.filter(({ plural }) => !list.resources.some(({ name }) => name === plural));
  const resources = missing.map(({ plural, singular, kind, namespaced }) => ({
    name: plural,
    singularName: singular,
    kind,
    namespaced,
    verbs: VERBS,
  }));
  return {
    status: 200,
    contentType: 'application/json',
    text: JSON.stringify({ ...list, resources: [...list.resources, ...resources] }),
  };
}

const VERBS = ['get', 'list'];

function withKind(items: Aggregated['items'], own: OwnKind): Aggregated['items'] {
  const { group, version, plural, singular, kind, namespaced } = own;
  const item = items.find(({ metadata }) => metadata.name === group) ?? {
    metadata: { name: group },
    versions: [],
  };
  const known = item.versions.find((candidate) => candidate.version === version) ?? {
    version,
    resources: [],
    freshness: 'Current',
  };
  if (known.resources.some(({ resource }) => resource === plural)) return items;
  const resource = {
    resource: plural,
    responseKind: { group, version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: VERBS,
  };
  const changed = { ...known, resources: [...known.resources, resource] };
  return [
    ...items.filter(({ metadata }) => metadata.name !== group),
    {
      ...item,
      versions: [...item.versions.filter((candidate) => candidate.version !== version), changed],
    },
  ];
}

function parse<T>(schema: z.ZodType<T>, { status, text }: RawAnswer): T | undefined {
  if (status !== 200) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

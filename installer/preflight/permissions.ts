import type { Access, KubeClient } from '../../apply/client/client.ts';
import { listAt, textAt } from '../../apply/json.ts';
import { groupOf, type KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import { POLICY_ACCESS } from '../images/image-policy.ts';
import { policyVersion } from '../images/image-way.ts';
import { NAMESPACE, REGISTRY_PORT, STORE_SERVICE } from '../names.ts';
import type { RenderedComponent } from '../ownership/foreign.ts';

const WIDTH = 8;
const RBAC = 'rbac.authorization.k8s.io';
/** What Helm and uninstalling do with what a chart brings. */
const APPLY = ['get', 'create', 'patch', 'delete'] as const;

type Need = Omit<Access, 'verb'> & { readonly verbs: readonly string[] };

/** What every installation does by itself, whatever the release holds. */
const OWN: readonly Need[] = [
  { group: '', resource: 'namespaces', verbs: ['get', 'create', 'patch', 'delete'] },
  { group: '', resource: 'nodes', verbs: ['list'] },
  { group: '', resource: 'pods', verbs: ['list', 'create', 'delete'] },
  { group: '', resource: 'pods/log', verbs: ['get'], namespace: NAMESPACE },
  { group: '', resource: 'services', verbs: ['list'] },
  { group: '', resource: 'services', verbs: APPLY, namespace: NAMESPACE },
  { group: '', resource: 'secrets', verbs: APPLY, namespace: NAMESPACE },
  {
    group: '',
    resource: 'configmaps',
    verbs: ['get', 'create', 'update', 'patch', 'delete'],
    namespace: NAMESPACE,
  },
  { group: 'batch', resource: 'jobs', verbs: APPLY, namespace: NAMESPACE },
  {
    group: 'discovery.k8s.io',
    resource: 'endpointslices',
    verbs: ['get', 'list', 'create', 'patch', 'delete'],
    namespace: NAMESPACE,
  },
  {
    group: 'coordination.k8s.io',
    resource: 'leases',
    verbs: ['get', 'create', 'update', 'delete'],
    namespace: NAMESPACE,
  },
  { group: 'storage.k8s.io', resource: 'storageclasses', verbs: ['list'] },
];

/** What an upgrade and the way back do besides: they read from the registry in the cluster through the API server. */
export const UPGRADE_ACCESS: readonly Need[] = [
  {
    ...{ group: '', resource: 'services/proxy', verbs: ['get'], namespace: NAMESPACE },
    name: `http:${STORE_SERVICE}:${REGISTRY_PORT}`,
  },
];

type Client = Pick<KubeClient, 'canI' | 'resource' | 'get' | 'isServed'>;

/**
 * What the user may not do of all that is needed: by the installer itself, by Helm for its records, and for each object
 * of the components as they render in this cluster.
 */
export async function readDenied(
  client: Client,
  components: readonly RenderedComponent[],
  signal: AbortSignal | undefined,
  more: readonly Need[] = [],
): Promise<Access[]> {
  // An administrator is known by one question.
  if ((await client.canI({ verb: '*', group: '*', resource: '*' }, { signal })).allowed) return [];
  const needs = [
    ...OWN,
    ...more,
    ...((await policyVersion(client, signal)) === undefined ? [] : POLICY_ACCESS),
    ...components.flatMap(({ namespace }): Need[] => [
      {
        group: '',
        resource: 'secrets',
        verbs: ['get', 'list', 'create', 'update', 'patch', 'delete'],
        namespace,
      },
    ]),
    ...(await mapLimited(components, 2, (component) => needsOf(client, component, signal))).flat(),
  ];
  return [...(await deniedOf(client, needs, signal)), ...(await deniedRights(client, components, signal))];
}

async function needsOf(
  client: Client,
  component: RenderedComponent,
  signal: AbortSignal | undefined,
): Promise<Need[]> {
  const crds: Need[] =
    component.crds.length === 0
      ? []
      : [{ group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions', verbs: APPLY }];
  const needs = await mapLimited(component.objects, WIDTH, async (object): Promise<Need[]> => {
    const place = placeIn(component.crds, object) ?? (await served(client, object, signal));
    if (place === undefined) return [];
    const namespace = place.namespaced ? (object.metadata.namespace ?? component.namespace) : undefined;
    return [{ group: groupOf(object.apiVersion), resource: place.plural, verbs: APPLY, namespace }];
  });
  return [...crds, ...needs.flat()];
}

function placeIn(crds: readonly KubeObject[], { apiVersion, kind }: KubeObject) {
  const crd = crds.find(
    (candidate) =>
      textAt(candidate, 'spec', 'group') === groupOf(apiVersion) &&
      textAt(candidate, 'spec', 'names', 'kind') === kind,
  );
  const plural = textAt(crd, 'spec', 'names', 'plural');
  return plural === undefined
    ? undefined
    : { plural, namespaced: textAt(crd, 'spec', 'scope') === 'Namespaced' };
}

async function served(client: Client, { apiVersion, kind }: KubeObject, signal: AbortSignal | undefined) {
  try {
    return await client.resource(apiVersion, kind, { signal });
  } catch (error) {
    if (isSkerryError(error, 'KIND_UNKNOWN')) return undefined;
    throw error;
  }
}

async function deniedOf(
  client: Client,
  needs: readonly Need[],
  signal: AbortSignal | undefined,
): Promise<Access[]> {
  const questions = new Map<string, Access>();
  for (const { verbs, ...rest } of needs) {
    for (const verb of verbs) questions.set(JSON.stringify([rest, verb]), { ...rest, verb });
  }
  const asked = [...questions.values()];
  const answers = await mapLimited(asked, WIDTH, (access) => client.canI(access, { signal }));
  return asked.filter((_, index) => answers[index]?.allowed !== true);
}

/**
 * Nobody may hand out rights that he has not (RBAC's privilege escalation prevention): a role is only written by one
 * who has all that is in it, or `escalate` on roles; a binding by one who has all of its role, or `bind` on it.
 */
async function deniedRights(
  client: Client,
  components: readonly RenderedComponent[],
  signal: AbortSignal | undefined,
): Promise<Access[]> {
  const denied = await mapLimited(components, 2, async ({ objects, namespace }) => {
    const rbac = objects.filter(({ apiVersion }) => groupOf(apiVersion) === RBAC);
    const found: Access[] = [];
    for (const object of rbac) {
      const place = object.kind.startsWith('Cluster') ? undefined : (object.metadata.namespace ?? namespace);
      found.push(...(await deniedGrant(client, object, { rbac, place, signal })));
    }
    return found;
  });
  return denied.flat();
}

async function deniedGrant(
  client: Client,
  object: KubeObject,
  where: { rbac: readonly KubeObject[]; place: string | undefined; signal: AbortSignal | undefined },
): Promise<readonly Access[]> {
  const { rbac, place, signal } = where;
  const isBinding = object.kind.endsWith('Binding');
  const role = isBinding
    ? { kind: textAt(object, 'roleRef', 'kind') ?? '', name: textAt(object, 'roleRef', 'name') ?? '' }
    : { kind: object.kind, name: object.metadata.name };
  const exception: Access = {
    verb: isBinding ? 'bind' : 'escalate',
    group: RBAC,
    resource: role.kind === 'Role' ? 'roles' : 'clusterroles',
    namespace: place,
    name: role.name,
  };
  if ((await client.canI(exception, { signal })).allowed) return [];
  const found = isBinding ? await roleOf(client, role, rbac, place, signal) : object;
  return found === undefined ? [exception] : await missingOf(client, found, place, exception, signal);
}

async function roleOf(
  client: Client,
  { kind, name }: { kind: string; name: string },
  rendered: readonly KubeObject[],
  namespace: string | undefined,
  signal: AbortSignal | undefined,
): Promise<KubeObject | undefined> {
  const own = rendered.find((object) => object.kind === kind && object.metadata.name === name);
  if (own !== undefined) return own;
  const place = kind === 'Role' ? { namespace } : {};
  try {
    return await client.get({ apiVersion: `${RBAC}/v1`, kind, metadata: { name, ...place } }, { signal });
  } catch (error) {
    if (isSkerryError(error, 'CLUSTER_FORBIDDEN')) return undefined;
    throw error;
  }
}

async function missingOf(
  client: Client,
  role: KubeObject,
  namespace: string | undefined,
  exception: Access,
  signal: AbortSignal | undefined,
): Promise<Access[]> {
  const rules = listAt(role, 'rules');
  // Access reviews of paths that are no resources are another question; who may escalate need not answer it.
  // Neither can one who has all rights of today answer for what an aggregated role will hold.
  if (role.aggregationRule !== undefined || rules.some((rule) => listAt(rule, 'nonResourceURLs').length > 0))
    return [exception];
  const texts = (value: unknown, key: string) =>
    listAt(value, key).filter((text): text is string => typeof text === 'string');
  const needs = rules.flatMap((rule) =>
    texts(rule, 'apiGroups').flatMap((group) =>
      texts(rule, 'resources').flatMap((resource) => {
        const named = texts(rule, 'resourceNames');
        const names: (string | undefined)[] = named.length === 0 ? [undefined] : named;
        return names.map((name): Need => ({ group, resource, namespace, name, verbs: texts(rule, 'verbs') }));
      }),
    ),
  );
  return await deniedOf(client, needs, signal);
}

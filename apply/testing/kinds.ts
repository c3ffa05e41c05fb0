import { listAt, textAt } from '../json.ts';
import { groupOf, type KubeObject } from '../object.ts';

/** How a kind is served. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

const BUILT_IN: readonly (readonly [
  apiVersion: string,
  kind: string,
  plural: string,
  namespaced?: boolean,
])[] = [
  ['v1', 'Namespace', 'namespaces', false],
  ['v1', 'Node', 'nodes', false],
  ['v1', 'Pod', 'pods'],
  ['v1', 'Service', 'services'],
  ['v1', 'Secret', 'secrets'],
  ['v1', 'ConfigMap', 'configmaps'],
  ['v1', 'ServiceAccount', 'serviceaccounts'],
  ['v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'],
  ['v1', 'LimitRange', 'limitranges'],
  ['v1', 'Endpoints', 'endpoints'],
  ['v1', 'Event', 'events'],
  ['apps/v1', 'Deployment', 'deployments'],
  ['apps/v1', 'ReplicaSet', 'replicasets'],
  ['apps/v1', 'StatefulSet', 'statefulsets'],
  ['apps/v1', 'DaemonSet', 'daemonsets'],
  ['batch/v1', 'Job', 'jobs'],
  ['batch/v1', 'CronJob', 'cronjobs'],
  ['discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices'],
  ['coordination.k8s.io/v1', 'Lease', 'leases'],
  ['networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'],
  ['networking.k8s.io/v1', 'Ingress', 'ingresses'],
  ['rbac.authorization.k8s.io/v1', 'Role', 'roles'],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', false],
  ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', false],
  ['storage.k8s.io/v1', 'StorageClass', 'storageclasses', false],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', false],
];

/** What a small cluster serves, with the kinds of the CRDs among `objects`. */
export function servedKinds(objects: Iterable<KubeObject>): Kind[] {
  const builtIn = BUILT_IN.map(([apiVersion, kind, plural, namespaced = true]) => ({
    apiVersion,
    kind,
    plural,
    namespaced,
  }));
  const custom = [...objects].filter(({ kind }) => kind === 'CustomResourceDefinition').flatMap(kindsOf);
  return [...builtIn, ...custom];
}

function kindsOf(crd: KubeObject): Kind[] {
  return listAt(crd, 'spec', 'versions').map((version) => ({
    apiVersion: `${textAt(crd, 'spec', 'group')}/${textAt(version, 'name')}`,
    kind: textAt(crd, 'spec', 'names', 'kind') ?? '',
    plural: textAt(crd, 'spec', 'names', 'plural') ?? '',
    namespaced: textAt(crd, 'spec', 'scope') !== 'Cluster',
  }));
}

/** The body of discovery at a path; undefined where the path is another one. */
export function discover(path: string, kinds: readonly Kind[]): unknown {
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  const versions = [...new Set(kinds.map(({ apiVersion }) => apiVersion))];
  if (path === '/apis') {
    const groups = [...new Set(versions.map(groupOf))].filter((group) => group !== '');
    return { kind: 'APIGroupList', groups: groups.map((group) => groupBody(group, versions)) };
  }
  const version = versions.find(
    (candidate) => path === (candidate.includes('/') ? `/apis/${candidate}` : `/api/${candidate}`),
  );
  if (version !== undefined) {
    const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
    const resources = kinds
      .filter(({ apiVersion }) => apiVersion === version)
      .map(({ kind, plural, namespaced }) => ({ name: plural, kind, namespaced, verbs }));
    return { kind: 'APIResourceList', groupVersion: version, resources };
  }
  const group = /^\/apis\/([^/]+)$/.exec(path)?.[1];
  return versions.some((candidate) => groupOf(candidate) === group) && group !== undefined
    ? groupBody(group, versions)
    : undefined;
}

function groupBody(group: string, versions: readonly string[]) {
  const own = versions
    .filter((version) => groupOf(version) === group)
    .map((groupVersion) => ({ groupVersion, version: groupVersion.slice(group.length + 1) }));
  return { kind: 'APIGroup', name: group, versions: own, preferredVersion: own[0] };
}

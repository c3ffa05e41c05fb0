import type { Access, KubeClient } from '../apply/client.ts';
import { listAt, numberAt, textAt } from '../apply/json.ts';
import type { KubeObject } from '../apply/object.ts';
import { mapLimited } from '../content/limit.ts';
import { NAMESPACE, REGISTRY_NODE_PORT, REGISTRY_SERVICE } from './names.ts';

/** What the checks before an installation look at, as plain values. */
export interface ClusterFacts {
  /** As the API server says it, e.g. `v1.34.4`. */
  readonly version: string;
  readonly nodes: readonly NodeFacts[];
  readonly storageClasses: readonly { readonly name: string; readonly isDefault: boolean }[];
  /** What the user of the kubeconfig may not do, of what is needed. */
  readonly denied: readonly Access[];
  /** Another service that has the registry's NodePort. */
  readonly portTakenBy: string | undefined;
}

export interface NodeFacts {
  readonly name: string;
  readonly ready: boolean;
  readonly schedulable: boolean;
}

const WIDTH = 8;

/** Everything that an installation does, as questions to the cluster's own authorization. */
const NEEDED: readonly (Omit<Access, 'verb'> & { verbs: readonly string[] })[] = [
  { group: '', resource: 'namespaces', verbs: ['get', 'create', 'delete', 'patch'] },
  { group: '', resource: 'nodes', verbs: ['list'] },
  { group: '', resource: 'pods', verbs: ['list', 'create', 'delete'] },
  { group: '', resource: 'pods/log', verbs: ['get'], namespace: NAMESPACE },
  { group: '', resource: 'services', verbs: ['list', 'create', 'patch', 'delete'], namespace: NAMESPACE },
  {
    group: '',
    resource: 'secrets',
    verbs: ['get', 'list', 'create', 'patch', 'delete'],
    namespace: NAMESPACE,
  },
  {
    group: '',
    resource: 'configmaps',
    verbs: ['get', 'create', 'update', 'patch', 'delete'],
    namespace: NAMESPACE,
  },
  {
    group: '',
    resource: 'persistentvolumeclaims',
    verbs: ['get', 'create', 'patch', 'delete'],
    namespace: NAMESPACE,
  },
  {
    group: '',
    resource: 'serviceaccounts',
    verbs: ['get', 'create', 'patch', 'delete'],
    namespace: NAMESPACE,
  },
  {
    group: 'apps',
    resource: 'deployments',
    verbs: ['get', 'create', 'patch', 'delete'],
    namespace: NAMESPACE,
  },
  { group: 'batch', resource: 'jobs', verbs: ['get', 'create', 'patch', 'delete'], namespace: NAMESPACE },
  {
    group: 'discovery.k8s.io',
    resource: 'endpointslices',
    verbs: ['list', 'create', 'patch', 'delete'],
    namespace: NAMESPACE,
  },
  {
    group: 'coordination.k8s.io',
    resource: 'leases',
    verbs: ['get', 'create', 'update'],
    namespace: NAMESPACE,
  },
  {
    group: 'rbac.authorization.k8s.io',
    resource: 'clusterroles',
    verbs: ['create', 'patch', 'delete', 'escalate'],
  },
  {
    group: 'rbac.authorization.k8s.io',
    resource: 'clusterrolebindings',
    verbs: ['create', 'patch', 'delete'],
  },
  { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions', verbs: ['get', 'create', 'patch'] },
  { group: 'storage.k8s.io', resource: 'storageclasses', verbs: ['list'] },
];

/** Reads the facts. What may not be read counts as absent; that it may not is among the facts too. */
export async function readClusterFacts(client: KubeClient, signal?: AbortSignal): Promise<ClusterFacts> {
  const denied = await readDenied(client, signal);
  const mayList = (resource: string) =>
    !denied.some((access) => access.verb === 'list' && access.resource === resource);
  const list = async (apiVersion: string, kind: string, resource: string) =>
    mayList(resource) ? (await client.list({ apiVersion, kind }, { signal })).items : [];
  return {
    version: (await client.version({ signal })).gitVersion,
    denied,
    nodes: (await list('v1', 'Node', 'nodes')).map(nodeFacts),
    storageClasses: (await list('storage.k8s.io/v1', 'StorageClass', 'storageclasses')).map(
      storageClassFacts,
    ),
    portTakenBy: takenBy(await list('v1', 'Service', 'services')),
  };
}

async function readDenied(client: KubeClient, signal: AbortSignal | undefined): Promise<Access[]> {
  const questions = NEEDED.flatMap(({ verbs, ...rest }) => verbs.map((verb): Access => ({ ...rest, verb })));
  const answers = await mapLimited(questions, WIDTH, (access) => client.canI(access, { signal }));
  return questions.filter((_, index) => answers[index]?.allowed !== true);
}

function nodeFacts(node: KubeObject): NodeFacts {
  const ready = listAt(node, 'status', 'conditions').some(
    (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
  );
  const repelled = listAt(node, 'spec', 'taints').some((taint) =>
    ['NoSchedule', 'NoExecute'].includes(textAt(taint, 'effect') ?? ''),
  );
  return { name: node.metadata.name, ready, schedulable: !repelled };
}

function storageClassFacts({ metadata: { name, annotations } }: KubeObject) {
  return { name, isDefault: annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true' };
}

function takenBy(services: readonly KubeObject[]): string | undefined {
  const other = services.find(
    (service) =>
      listAt(service, 'spec', 'ports').some((port) => numberAt(port, 'nodePort') === REGISTRY_NODE_PORT) &&
      !(service.metadata.namespace === NAMESPACE && service.metadata.name === REGISTRY_SERVICE),
  );
  return other && `${other.metadata.namespace}/${other.metadata.name}`;
}

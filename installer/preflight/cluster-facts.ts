import type { Access, KubeClient } from '../../apply/client/client.ts';
import { listAt, numberAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { policyVersion } from '../images/image-way.ts';
import { NAMESPACE, REGISTRY_NODE_PORT, REGISTRY_SERVICE } from '../names.ts';

/** What the checks before an installation look at, as plain values. */
export interface ClusterFacts {
  /** As the API server says it, e.g. `v1.34.4`. */
  readonly version: string;
  readonly nodes: readonly NodeFacts[];
  readonly storageClasses: readonly { readonly name: string; readonly isDefault: boolean }[];
  /** What the user of the kubeconfig may not do, of what is needed. */
  readonly denied: readonly Access[];
  /** The apiVersion of policies that turn the images of pods; undefined where the cluster has none. */
  readonly imagePolicy: string | undefined;
  /** Another service that has the registry's NodePort. */
  readonly portTakenBy: string | undefined;
}

export interface NodeFacts {
  readonly name: string;
  readonly ready: boolean;
  readonly schedulable: boolean;
  /** Its address within the cluster. */
  readonly address: string | undefined;
}

/** Reads the facts. What may not be read, as `denied` says, counts as absent. */
export async function readClusterFacts(
  client: KubeClient,
  denied: readonly Access[],
  signal?: AbortSignal,
): Promise<ClusterFacts> {
  const mayList = (resource: string) =>
    !denied.some((access) => access.verb === 'list' && access.resource === resource);
  const list = async (apiVersion: string, kind: string, resource: string) =>
    mayList(resource) ? (await client.list({ apiVersion, kind }, { signal })).items : [];
  return {
    version: (await client.version({ signal })).gitVersion,
    denied,
    imagePolicy: await policyVersion(client, signal),
    nodes: (await list('v1', 'Node', 'nodes')).map(nodeFacts),
    storageClasses: (await list('storage.k8s.io/v1', 'StorageClass', 'storageclasses')).map(
      storageClassFacts,
    ),
    portTakenBy: takenBy(await list('v1', 'Service', 'services')),
  };
}

function nodeFacts(node: KubeObject): NodeFacts {
  const ready = listAt(node, 'status', 'conditions').some(
    (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
  );
  const repelled = listAt(node, 'spec', 'taints').some((taint) =>
    ['NoSchedule', 'NoExecute'].includes(textAt(taint, 'effect') ?? ''),
  );
  return { name: node.metadata.name, ready, schedulable: !repelled, address: nodeAddress(node) };
}

export function nodeAddress(node: KubeObject): string | undefined {
  const internal = listAt(node, 'status', 'addresses').find((each) => textAt(each, 'type') === 'InternalIP');
  return textAt(internal, 'address');
}

function storageClassFacts({ metadata: { name, annotations } }: KubeObject) {
  return { name, isDefault: annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true' };
}

/** The Service, other than the installer's own, that has the registry's NodePort. */
export function takenBy(services: readonly KubeObject[]): string | undefined {
  const other = services.find(
    (service) =>
      listAt(service, 'spec', 'ports').some((port) => numberAt(port, 'nodePort') === REGISTRY_NODE_PORT) &&
      !(service.metadata.namespace === NAMESPACE && service.metadata.name === REGISTRY_SERVICE),
  );
  return other && `${other.metadata.namespace}/${other.metadata.name}`;
}

import type { KubeClient } from '../apply/client.ts';
import type { Helm } from '../apply/helm.ts';
import { listAt, textAt } from '../apply/json.ts';
import type { KubeObject } from '../apply/object.ts';
import { type ComponentState, readComponents } from './component-state.ts';
import { installerError } from './errors.ts';
import { type Installation, readInstallation } from './installation.ts';
import { NAMESPACE, REGISTRY_ADDRESS, WORKSTATION_SLICE } from './names.ts';

export interface Status {
  readonly installation: Installation;
  readonly components: readonly ComponentState[];
  /** Where the registry's address leads. */
  readonly registry: 'cluster' | 'workstation';
  readonly containers: readonly ContainerState[];
  readonly healthy: boolean;
}

export interface ContainerState {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** As the pod asks for it. */
  readonly image: string;
  /** What really runs, or empty while nothing does. */
  readonly digest: string;
  readonly node: string;
  readonly state: string;
  /** Came through the private registry. */
  readonly fromRegistry: boolean;
}

/** What is installed and how it is. Changes nothing. Throws NOT_INSTALLED. */
export async function readStatus(client: KubeClient, helm: Helm, signal: AbortSignal): Promise<Status> {
  const stored = await readInstallation(client, { signal });
  if (stored === undefined) throw installerError('NOT_INSTALLED', { subject: client.server });
  const { installation } = stored;
  const components = await readComponents(client, helm, installation.components, signal);
  const namespaces = [...new Set([NAMESPACE, ...installation.components.map(({ namespace }) => namespace)])];
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: WORKSTATION_SLICE, namespace: NAMESPACE },
  };
  const registry = (await client.get(slice, { signal })) === undefined ? 'cluster' : 'workstation';
  const containers = (
    await Promise.all(namespaces.map((namespace) => readContainers(client, namespace, signal)))
  ).flat();
  const healthy = installation.state === 'installed' && components.every((component) => component.healthy);
  return { installation, components, registry, containers, healthy };
}

async function readContainers(
  client: KubeClient,
  namespace: string,
  signal: AbortSignal,
): Promise<ContainerState[]> {
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Pod', namespace }, { signal });
  return items.flatMap((pod) =>
    [...listAt(pod, 'status', 'initContainerStatuses'), ...listAt(pod, 'status', 'containerStatuses')].map(
      (status) => containerState(pod, status),
    ),
  );
}

function containerState(pod: KubeObject, status: unknown): ContainerState {
  const name = textAt(status, 'name') ?? '';
  const spec = [...listAt(pod, 'spec', 'initContainers'), ...listAt(pod, 'spec', 'containers')].find(
    (candidate) => textAt(candidate, 'name') === name,
  );
  const image = textAt(spec, 'image') ?? '';
  const state =
    status !== null &&
    typeof status === 'object' &&
    'state' in status &&
    status.state !== null &&
    typeof status.state === 'object'
      ? status.state
      : {};
  return {
    namespace: pod.metadata.namespace ?? '',
    pod: pod.metadata.name,
    container: name,
    image,
    digest: /sha(?:256|512):[0-9a-f]+$/.exec(textAt(status, 'imageID') ?? '')?.[0] ?? '',
    node: textAt(pod, 'spec', 'nodeName') ?? '',
    state: Object.keys(state)[0] ?? 'unknown',
    fromRegistry: image.startsWith(`${REGISTRY_ADDRESS}/`),
  };
}

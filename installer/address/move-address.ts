import type { KubeClient } from '../../apply/client/client.ts';
import { at, listAt, objectAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { waitUntil } from '../../apply/wait/wait-until.ts';
import { installerError } from '../errors.ts';
import { NAMESPACE, REGISTRY_ADDRESS, REGISTRY_SERVICE, STORE_SERVICE, WORKSTATION_SLICE } from '../names.ts';
import { type Endpoint, registryService, workstationSlice } from './address.ts';

const TIMEOUT_MS = 60_000;

/** Points the registry's address at a workstation. */
export async function pointAtWorkstation(
  client: KubeClient,
  endpoint: Endpoint,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  await client.apply(registryService(id), { force: true, signal });
  await client.apply(workstationSlice(endpoint, id), { force: true, signal });
}

/**
 * Moves the registry's address to the pods in the cluster. Both lead to the same content while it happens: the
 * workstation's slice goes only once the pods' own is there. Throws ADDRESS_NOT_MOVED.
 */
export async function pointAtCluster(client: KubeClient, id: string, signal: AbortSignal): Promise<void> {
  const store = await client.get(
    { apiVersion: 'v1', kind: 'Service', metadata: { name: STORE_SERVICE, namespace: NAMESPACE } },
    { signal },
  );
  const selector = selectorOf(store);
  if (selector === undefined) {
    throw installerError('ADDRESS_NOT_MOVED', {
      subject: REGISTRY_ADDRESS,
      detail: `there is no Service ${STORE_SERVICE} with a selector`,
    });
  }
  await client.apply(registryService(id, selector), { force: true, signal });
  await waitForPods(client, signal);
  await client.delete(sliceReference(), { signal });
}

/**
 * Lets the registry's address lead to a workstation besides the pods in the cluster: what those can't answer while they are
 * replaced, it does.
 */
export async function addWorkstation(
  client: Pick<KubeClient, 'apply'>,
  endpoint: Endpoint,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  await client.apply(workstationSlice(endpoint, id), { force: true, signal });
}

/** Lets the registry's address lead to the pods in the cluster alone. */
export async function removeWorkstation(
  client: Pick<KubeClient, 'delete'>,
  signal: AbortSignal,
): Promise<void> {
  await client.delete(sliceReference(), { signal });
}

/** Takes the address away altogether. */
export async function removeAddress(client: KubeClient, signal: AbortSignal): Promise<void> {
  await client.delete(sliceReference(), { signal });
  await client.delete(registryService(''), { signal });
}

async function waitForPods(client: KubeClient, signal: AbortSignal): Promise<void> {
  const slices = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    namespace: NAMESPACE,
    labelSelector: `kubernetes.io/service-name=${REGISTRY_SERVICE}`,
  };
  await waitUntil({
    client,
    selections: [slices],
    look: async () => {
      const { items } = await client.list(slices, { signal });
      const ready = items.some(
        (slice) => slice.metadata.name !== WORKSTATION_SLICE && hasReadyEndpoint(slice),
      );
      return ready || undefined;
    },
    timeoutMs: TIMEOUT_MS,
    late: () =>
      installerError('ADDRESS_NOT_MOVED', { subject: REGISTRY_ADDRESS, detail: 'no ready endpoint' }),
    signal,
  });
}

function hasReadyEndpoint(slice: KubeObject): boolean {
  return listAt(slice, 'endpoints').some((endpoint) => at(endpoint, 'conditions', 'ready') === true);
}

function selectorOf(service: KubeObject | undefined): Record<string, string> | undefined {
  const selector = objectAt(service, 'spec', 'selector');
  if (selector === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(selector).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  );
}

function sliceReference() {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: WORKSTATION_SLICE, namespace: NAMESPACE },
  };
}

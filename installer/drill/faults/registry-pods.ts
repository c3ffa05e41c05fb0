import type { KubeClient } from '../../../apply/client/client.ts';
import { objectAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { NAMESPACE, STORE_SERVICE } from '../../names.ts';

/** The pods behind the registry's Service. */
export async function registryPods(client: KubeClient, signal: AbortSignal): Promise<KubeObject[]> {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: STORE_SERVICE, namespace: NAMESPACE },
  };
  const selector = objectAt(await client.get(service, { signal }), 'spec', 'selector') ?? {};
  const labelSelector = Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  if (labelSelector === '') return [];
  const pods = await client.list(
    { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, labelSelector },
    { signal },
  );
  return pods.items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** Ends pods at once, without a word to what runs in them. */
export async function killPods(
  client: KubeClient,
  pods: readonly KubeObject[],
  signal: AbortSignal,
): Promise<string> {
  for (const pod of pods) await client.delete(pod, { signal, graceSeconds: 0 });
  return `${pods.length} pods killed`;
}

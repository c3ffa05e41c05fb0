import { z } from 'zod';
import type { Cluster } from '../cluster/cluster.ts';
import { until } from './until.ts';

const FIRST = '/api/v1/namespaces/skerry-system/services/skerry-hub-agents';
const HUB = '/apis/apps/v1/namespaces/skerry-system/deployments/skerry-hub';
const URL_OPTION = '--agents-url=';

const Service = z.looseObject({
  spec: z.looseObject({ selector: z.record(z.string(), z.string()) }),
});
const Deployment = z.looseObject({
  metadata: z.looseObject({ generation: z.int() }),
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({ containers: z.array(z.looseObject({ args: z.array(z.string()) })) }),
    }),
  }),
  status: z.looseObject({
    observedGeneration: z.int().optional(),
    replicas: z.int().optional(),
    updatedReplicas: z.int().optional(),
    readyReplicas: z.int().optional(),
  }),
});

/** Opens another NodePort to the agents' door; gives the address that agents reach it by. */
export async function openDoor(hub: Cluster, name: string, nodePort: number): Promise<string> {
  const { spec } = Service.parse(await hub.api.get(FIRST));
  await hub.api.apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'skerry-system' },
    spec: {
      type: 'NodePort',
      selector: spec.selector,
      ports: [{ name: 'agents', port: 8444, targetPort: 'agents', nodePort }],
    },
  });
  return `https://${hub.nodeAddress}:${nodePort}`;
}

/** Nobody reaches the first door any more. */
export async function closeFirstDoor(hub: Cluster): Promise<void> {
  await hub.api.remove(FIRST);
}

/** Starts the hub again with these addresses for agents, and waits until only that one runs. */
export async function restartHub(hub: Cluster, urls: readonly string[]): Promise<void> {
  const { spec } = Deployment.parse(await hub.api.get(HUB));
  const containers = spec.template.spec.containers.map((container) => ({
    ...container,
    args: [
      ...container.args.filter((arg) => !arg.startsWith(URL_OPTION)),
      ...urls.map((url) => `${URL_OPTION}${url}`),
    ],
  }));
  const annotations = { 'test.example/restarted': String(performance.now()) };
  const { status, body } = await hub.api.request(HUB, {
    method: 'PATCH',
    body: { spec: { template: { metadata: { annotations }, spec: { containers } } } },
    contentType: 'application/merge-patch+json',
  });
  if (status >= 300) throw new Error(`${HUB}: ${status} ${JSON.stringify(body)}`);
  await until('the hub runs again', async () => {
    const { metadata, status: now } = Deployment.parse(await hub.api.get(HUB));
    const counts = [now.replicas, now.updatedReplicas, now.readyReplicas];
    return now.observedGeneration === metadata.generation && counts.every((count) => count === 1)
      ? true
      : undefined;
  });
}

import { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import { listAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';

/** A container of the platform's namespace, by what really runs in it. */
export const RunningContainer = z.object({
  pod: z.string(),
  container: z.string(),
  image: z.string().meta({ description: 'As the pod asks for it.' }),
  digest: z.string().meta({ description: 'What really runs; empty while nothing does.' }),
  node: z.string(),
});
export type RunningContainer = z.infer<typeof RunningContainer>;

const MAX_CONTAINERS = 500;

/** The containers of a namespace, in the order of their pods. Throws CLUSTER_*. */
export async function runningContainers(
  client: Pick<KubeClient, 'list'>,
  namespace: string,
  signal: AbortSignal,
): Promise<RunningContainer[]> {
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Pod', namespace }, { signal });
  return items
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .flatMap(containersOf)
    .slice(0, MAX_CONTAINERS);
}

function containersOf(pod: KubeObject): RunningContainer[] {
  const specs = listAt(pod, 'spec', 'containers');
  return listAt(pod, 'status', 'containerStatuses').map((status) => {
    const container = textAt(status, 'name') ?? '';
    const spec = specs.find((each) => textAt(each, 'name') === container);
    return {
      pod: pod.metadata.name,
      container,
      image: textAt(spec, 'image') ?? '',
      digest: /sha(?:256|512):[0-9a-f]+$/.exec(textAt(status, 'imageID') ?? '')?.[0] ?? '',
      node: textAt(pod, 'spec', 'nodeName') ?? '',
    };
  });
}

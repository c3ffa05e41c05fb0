import type { KubeClient } from '../apply/client.ts';
import type { Helm } from '../apply/helm.ts';
import { describeObject } from '../apply/object.ts';
import { statusOf } from '../apply/status.ts';
import { mapLimited } from '../content/limit.ts';
import { componentObjects } from './component.ts';

export interface ComponentState {
  readonly name: string;
  readonly namespace: string;
  readonly healthy: boolean;
  readonly objects: number;
  /** What is not healthy, and why. */
  readonly problems: readonly string[];
}

const WIDTH = 8;

/** How components are right now, read and nothing else. */
export async function readComponents(
  client: KubeClient,
  helm: Helm,
  components: readonly { readonly name: string; readonly namespace: string }[],
  signal: AbortSignal,
): Promise<ComponentState[]> {
  return await mapLimited(components, 2, async ({ name, namespace }) => {
    const objects = await componentObjects(client, helm, { name, namespace }, signal);
    if (objects === undefined)
      return { name, namespace, healthy: false, objects: 0, problems: ['not installed'] };
    const problems = await mapLimited(objects, WIDTH, async (object) => {
      const { status, message } = statusOf(await client.get(object, { signal }));
      return status === 'Current' ? [] : [`${describeObject(object)}: ${status}, ${message}`];
    });
    return {
      name,
      namespace,
      healthy: problems.flat().length === 0,
      objects: objects.length,
      problems: problems.flat(),
    };
  });
}

import { listAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { formatBytes } from '../../terminal/units.ts';
import type { CheckContext, Found, UpgradeCheck } from './finding.ts';

/** Compressed layers lie beside what they were unpacked to, about twice as much. */
const UNPACKED = 3;
const PULL_PROBLEMS = ['ImagePullBackOff', 'ErrImagePull', 'RegistryUnavailable'];

export const nodePulls: UpgradeCheck = {
  id: 'node-pulls',
  title: 'Nodes are ready, have room for images and pull',
  ofRelease: false,
  run: async (context) => [...(await nodeProblems(context)), ...(await pullProblems(context))],
};

async function nodeProblems({ subject: { engine }, forecast }: CheckContext): Promise<Found[]> {
  const { items } = await engine.client.list({ apiVersion: 'v1', kind: 'Node' }, { signal: engine.signal });
  return forecast.nodes.flatMap(({ name, ready, pullBytes, freeBytes }): Found[] => {
    const node = items.find(({ metadata }) => metadata.name === name);
    const need = pullBytes * UNPACKED;
    if (!ready)
      return [
        {
          severity: 'warns',
          subject: `node ${name}`,
          message:
            'it is not ready: it pulls nothing ahead, and pods that come to it later wait for their images',
          remedy: 'Make it ready, or take it out of the cluster.',
        },
      ];
    if (node !== undefined && has(node, 'DiskPressure'))
      return [
        {
          severity: 'blocks',
          subject: `node ${name}`,
          message: 'it has DiskPressure: it throws images away, and pods out',
          remedy: 'Free some of its disk first.',
        },
      ];
    if (freeBytes === undefined || freeBytes >= need) return [];
    return [
      {
        severity: 'blocks',
        subject: `node ${name}`,
        message: `${formatBytes(freeBytes)} are free for images, ${formatBytes(need)} are needed`,
        remedy: 'Free some of its disk: crictl rmi --prune removes images that no pod uses.',
      },
    ];
  });
}

async function pullProblems({ subject: { engine, installation } }: CheckContext): Promise<Found[]> {
  const { client, signal } = engine;
  const found = new Map<string, Found>();
  for (const namespace of new Set(installation.components.map((component) => component.namespace))) {
    const pods = await client.list({ apiVersion: 'v1', kind: 'Pod', namespace }, { signal });
    for (const pod of pods.items) {
      const waiting = listAt(pod, 'status', 'containerStatuses').find((status) =>
        PULL_PROBLEMS.includes(textAt(status, 'state', 'waiting', 'reason') ?? ''),
      );
      if (waiting === undefined) continue;
      const node = textAt(pod, 'spec', 'nodeName') ?? '';
      found.set(node, {
        severity: 'blocks',
        subject: `node ${node}`,
        message: `it does not pull ${textAt(waiting, 'image')} for pod ${namespace}/${pod.metadata.name}: ${textAt(waiting, 'state', 'waiting', 'message') ?? ''}`,
        remedy: 'See that the node reaches the registry (skerry status), and that it holds the image.',
      });
    }
  }
  return [...found.values()];
}

function has(node: KubeObject, type: string): boolean {
  return listAt(node, 'status', 'conditions').some(
    (condition) => textAt(condition, 'type') === type && textAt(condition, 'status') === 'True',
  );
}

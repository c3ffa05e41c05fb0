import { listAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { SupportPart } from '../part.ts';
import { ask } from './ask.ts';

/** Versions, nodes and where storage comes from. */
export const clusterPart: SupportPart = {
  id: 'cluster',
  title: 'version of Kubernetes, nodes, storage classes',
  collect: async (context, into) => {
    const { client, signal } = context;
    const version = await ask(context, into, 'version of the cluster', () => client.version({ signal }));
    if (version !== undefined) {
      into.say(`kubernetes  ${version.gitVersion}, ${version.platform}`);
      into.json('version.json', version);
    }
    const nodes = await ask(context, into, 'nodes', () =>
      client.list({ apiVersion: 'v1', kind: 'Node' }, { signal }),
    );
    if (nodes !== undefined) {
      for (const node of nodes.items) into.say(`node        ${nodeLine(node)}`);
      into.json('nodes.json', nodes.items);
    }
    const classes = await ask(context, into, 'storage classes', () =>
      client.list({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' }, { signal }),
    );
    if (classes !== undefined) into.json('storage-classes.json', classes.items);
  },
};

function nodeLine(node: KubeObject): string {
  const conditions = listAt(node, 'status', 'conditions');
  const bad = conditions.flatMap((condition) => {
    const type = textAt(condition, 'type') ?? '';
    const isGood = textAt(condition, 'status') === (type === 'Ready' ? 'True' : 'False');
    return isGood ? [] : [`${type} is ${textAt(condition, 'status')}: ${textAt(condition, 'message') ?? ''}`];
  });
  const kubelet = textAt(node, 'status', 'nodeInfo', 'kubeletVersion') ?? '';
  const runtime = textAt(node, 'status', 'nodeInfo', 'containerRuntimeVersion') ?? '';
  return `${node.metadata.name}, kubelet ${kubelet}, ${runtime}${bad.length === 0 ? '' : `, NOT WELL: ${bad.join('; ')}`}`;
}

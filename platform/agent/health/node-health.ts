import { conditionOf } from '../../../apply/health/condition.ts';
import { listAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { Report } from '../../desired/report.ts';

const MAX_LOST = 20;

/** The nodes of a cluster: how many are ready, and which are not, with the machine behind each. */
export function nodeHealth(nodes: readonly KubeObject[]): Report['nodes'] {
  const lost = nodes.filter((node) => !isReady(node));
  return {
    ready: nodes.length - lost.length,
    total: nodes.length,
    lost: lost
      .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
      .slice(0, MAX_LOST)
      .map(lostNode),
  };
}

function lostNode(node: KubeObject): Report['nodes']['lost'][number] {
  const ready = conditionOf(node, 'Ready');
  const machine = machineOf(node);
  return {
    name: node.metadata.name.slice(0, 253),
    since: sinceOf(node) ?? node.metadata.creationTimestamp ?? '',
    reason: (ready?.reason ?? 'no status').slice(0, 200),
    ...(machine === undefined ? {} : { machine: machine.slice(0, 300) }),
  };
}

/** Cluster API names its Machine on the node; any cloud names its own in the provider ID. */
function machineOf(node: KubeObject): string | undefined {
  const machine = node.metadata.annotations?.['cluster.x-k8s.io/machine'];
  return machine ?? textAt(node, 'spec', 'providerID');
}

function isReady(node: KubeObject): boolean {
  return conditionOf(node, 'Ready')?.status === 'True';
}

function sinceOf(node: KubeObject): string | undefined {
  const ready = listAt(node, 'status', 'conditions').find((each) => textAt(each, 'type') === 'Ready');
  return textAt(ready, 'lastTransitionTime');
}

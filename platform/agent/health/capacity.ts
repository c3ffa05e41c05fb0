import { textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { Report } from '../../desired/report.ts';
import { amountOf } from '../quantity.ts';

/** What all nodes together have for pods. */
export function capacityOf(nodes: readonly KubeObject[]): Report['capacity'] {
  const sum = (resource: string) =>
    nodes.reduce(
      (total, node) => total + (amountOf(textAt(node, 'status', 'allocatable', resource)) ?? 0),
      0,
    );
  return {
    cpu: Math.round(sum('cpu') * 1000) / 1000,
    memoryBytes: Math.round(sum('memory')),
    pods: Math.round(sum('pods')),
  };
}

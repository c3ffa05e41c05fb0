import type { MachineShape } from '../../../api/skerry-machine.ts';
import type { Finding } from '../../provider.ts';
import { BareMetalPlacement } from '../placement.ts';
import type { IronicSettings } from '../settings.ts';
import { chooseNodes } from './choose-nodes.ts';
import type { Node } from './ironic-records.ts';

const FAILED = new Set(['clean failed', 'inspect failed', 'adopt failed', 'deploy failed', 'error']);
const MAX = 20;

/** What somebody of the site has to look at; a node that failed is one fewer to be had. */
export function nodeFindings(nodes: readonly Node[]): readonly Finding[] {
  return nodes
    .filter(({ provision_state, maintenance }) => maintenance === true || FAILED.has(provision_state ?? ''))
    .slice(0, MAX)
    .map((node) => ({
      code: 'NODE_NEEDS_CARE',
      severity: 'warning',
      subject: `node ${node.name ?? node.uuid}`,
      detail: [
        node.maintenance === true ? 'maintenance' : node.provision_state,
        node.maintenance_reason,
        node.last_error,
      ]
        .filter(Boolean)
        .join(': ')
        .slice(0, 500),
    }));
}

/** What is missing for machines of these shapes, each node counted once. */
export function shapeFindings(
  shapes: readonly { shape: MachineShape; count: number }[],
  free: readonly Node[],
  images: IronicSettings['images'],
): readonly Finding[] {
  const taken = new Set<string>();
  return shapes.flatMap(({ shape, count }) => {
    const findings: Finding[] = [];
    const { template = 'none' } = shape;
    if (!Object.hasOwn(images, template))
      findings.push({
        code: 'TEMPLATE_UNKNOWN',
        severity: 'error',
        subject: `template ${template}`,
        detail: undefined,
      });
    const { data: placement = {} } = BareMetalPlacement.safeParse(shape.placement ?? {});
    const found = take(count, () => {
      const left = free.filter(({ uuid }) => !taken.has(uuid));
      const node = chooseNodes(left, shape, placement)?.nodes[0];
      if (node !== undefined) taken.add(node);
      return node !== undefined;
    });
    if (found < count)
      findings.push({
        code: 'NO_MACHINE_LEFT',
        severity: 'error',
        subject: shape.flavor ?? placement.resourceClass ?? 'nodes',
        detail: `${found} of ${count} are available`,
      });
    return findings;
  });
}

function take(count: number, next: () => boolean): number {
  let found = 0;
  while (found < count && next()) found++;
  return found;
}

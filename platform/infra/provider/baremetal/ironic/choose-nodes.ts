import type { MachineShape } from '../../../api/skerry-machine.ts';
import type { BareMetalPlacement } from '../placement.ts';
import type { Node } from './ironic-records.ts';

/** What Ironic is asked to allocate: one of these nodes, all of one resource class. */
export interface Choice {
  readonly resourceClass: string;
  readonly nodes: readonly string[];
}

type Size = Pick<MachineShape, 'flavor' | 'cpus' | 'memoryMiB' | 'diskGiB'>;

/**
 * The free nodes that a machine may take: those of the resource class that the flavour or the placement names, else those
 * of the class whose smallest fitting node has the least memory. Undefined when there is none.
 */
export function chooseNodes(
  nodes: readonly Node[],
  size: Size,
  placement: BareMetalPlacement,
): Choice | undefined {
  const fitting = nodes.filter((node) => isFree(node) && suits(node, size, placement)).sort(bySize);
  const resourceClass = fitting[0]?.resource_class;
  if (resourceClass === undefined || resourceClass === null) return undefined;
  const chosen = fitting.filter((node) => node.resource_class === resourceClass);
  return { resourceClass, nodes: chosen.map(({ uuid }) => uuid) };
}

/** Whether a node could ever be taken for it, free or not. */
function suits(node: Node, size: Size, placement: BareMetalPlacement): boolean {
  const wantedClass = placement.resourceClass ?? size.flavor;
  const { traits = [], capabilities = {}, nodes } = placement;
  const has = capabilitiesOf(node);
  return (
    typeof node.resource_class === 'string' &&
    (wantedClass === undefined || node.resource_class === wantedClass) &&
    traits.every((trait) => node.traits?.includes(trait)) &&
    Object.entries(capabilities).every(([name, value]) => has.get(name) === value) &&
    (nodes === undefined || nodes.includes(node.uuid) || nodes.includes(node.name ?? '')) &&
    isEnough(node, 'cpus', size.cpus) &&
    isEnough(node, 'memory_mb', size.memoryMiB) &&
    isEnough(node, 'local_gb', size.diskGiB)
  );
}

function isFree(node: Node): boolean {
  return (
    node.provision_state === 'available' &&
    (node.instance_uuid ?? null) === null &&
    (node.power_state ?? null) !== null &&
    node.maintenance !== true
  );
}

// What was never inspected nor declared is not known to be enough.
function isEnough(node: Node, property: string, wanted: number | undefined): boolean {
  return wanted === undefined || amountOf(node, property) >= wanted;
}

function amountOf({ properties = {} }: Node, property: string): number {
  const amount = Number(properties[property] ?? 0);
  return Number.isFinite(amount) ? amount : 0;
}

function bySize(one: Node, other: Node): number {
  const difference = ['memory_mb', 'cpus', 'local_gb']
    .map((property) => amountOf(one, property) - amountOf(other, property))
    .find((amount) => amount !== 0);
  return difference ?? (one.uuid < other.uuid ? -1 : 1);
}

/** `boot_mode:uefi,rack:r1`, as Ironic keeps them. */
function capabilitiesOf({ properties = {} }: Node): Map<string, string> {
  const text = typeof properties.capabilities === 'string' ? properties.capabilities : '';
  return new Map(
    text.split(',').flatMap((pair) => {
      const [name, ...value] = pair.split(':');
      return name === undefined || name === '' ? [] : [[name.trim(), value.join(':').trim()]];
    }),
  );
}

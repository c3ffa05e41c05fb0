import type { ObservedMachine } from '../../machine.ts';
import type { NodeImage } from '../settings.ts';
import type { Node } from './ironic-records.ts';

/** Provision states in which Ironic is at it, and does nothing else until it is done. */
const BUSY = new Set([
  'deploying',
  'wait call-back',
  'deploy hold',
  'deleting',
  'cleaning',
  'clean wait',
  'clean hold',
  'rebuild',
  'rescuing',
  'rescue wait',
  'unrescuing',
  'servicing',
  'service wait',
  'service hold',
]);

/** The fields of `instance_info` that a template is. */
export function instanceInfo(image: NodeImage): Record<string, unknown> {
  if ('iso' in image) return { boot_iso: image.iso };
  return {
    image_source: image.image,
    image_os_hash_algo: 'sha256',
    image_os_hash_value: image.sha256,
    ...(image.rootGiB === undefined ? {} : { root_gb: image.rootGiB }),
  };
}

/**
 * The deploy interface that a node has to be given for a template. Undefined where its own will do: that of a site which
 * deploys in a way of its own (`autodetect`, `ansible`) is left.
 */
export function deployInterface({ deploy_interface: has }: Node, image: NodeImage): string | undefined {
  const [wanted, other] = 'iso' in image ? ['ramdisk', 'direct'] : ['direct', 'ramdisk'];
  return has === other ? wanted : undefined;
}

/** A node that is claimed for a machine, as the machine. `image` is undefined where the site has no such template (any more). */
export function machineOf(
  node: Node,
  image: NodeImage | undefined,
  addresses: readonly string[] | undefined,
): Extract<ObservedMachine, { state: 'present' }> {
  return {
    state: 'present',
    reference: node.uuid,
    isComplete: node.provision_state !== 'available' || hasImage(node, image),
    power: powerOf(node),
    addresses,
    failure: failureOf(node),
  };
}

function hasImage({ instance_info = {} }: Node, image: NodeImage | undefined): boolean {
  if (image === undefined) return 'boot_iso' in instance_info || 'image_source' in instance_info;
  return Object.entries(instanceInfo(image)).every(([name, value]) => instance_info[name] === value);
}

function powerOf(node: Node): 'on' | 'off' | 'changing' {
  if (isBusy(node)) return 'changing';
  // It does not run as a machine of ours before it is deployed, whatever it was left doing.
  if (node.provision_state === 'available') return 'off';
  return node.power_state === 'power on' ? 'on' : 'off';
}

/** Whether Ironic changes it right now. */
export function isBusy(node: Node): boolean {
  return BUSY.has(node.provision_state ?? '') || (node.target_power_state ?? null) !== null;
}

// A machine that runs is not judged by what its site does with it: maintenance is set for work on it as well.
function failureOf({ provision_state: state, maintenance, maintenance_reason: why, last_error }: Node) {
  if (state === 'available')
    return maintenance === true ? `the node is in maintenance: ${why ?? ''}` : undefined;
  if (state === 'deploy failed' || state === 'error')
    return `${state}: ${last_error ?? 'no reason given'}`.slice(0, 500);
  return undefined;
}

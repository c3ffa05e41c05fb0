import type { NodeDetail, NodeEvent } from './ironic-records.ts';

const MAX_EVENT = 500;

/**
 * What Ironic knows of a node, for the person who looks why its machine did not join: Ironic keeps no log of a console,
 * but the state of the deploy, what was booted, and where the BMC is that has one.
 */
export function nodeReport(node: NodeDetail, history: readonly NodeEvent[]): string {
  const { uuid, name, provision_state, provision_updated_at: since, power_state, last_error } = node;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['node', `${name ?? ''} (${uuid})`.trim()],
    ['provision state', `${provision_state ?? 'unknown'}${since == null ? '' : `, since ${since}`}`],
    ['power', power_state?.replace(/^power /, '') ?? 'unknown: its BMC does not answer'],
    ['deployed', deployed(node)],
    ['maintenance', node.maintenance === true ? (node.maintenance_reason ?? 'no reason given') : undefined],
    ['last error', last_error ?? undefined],
    ['BMC', bmcOf(node)],
    ['console', consoleOf(node)],
  ];
  const events = history.map(({ created_at, event_type, event }) =>
    [created_at, event_type, event].filter(Boolean).join(' ').slice(0, MAX_EVENT),
  );
  return [
    'Ironic keeps no log of consoles. What it knows of the node:',
    ...facts.flatMap(([what, text]) => (text === undefined ? [] : [`${what}: ${text}`])),
    ...(events.length === 0 ? [] : ['what went wrong before, the last first:', ...events]),
  ].join('\n');
}

function deployed({ deploy_interface: by, instance_info = {} }: NodeDetail): string | undefined {
  const image = instance_info.boot_iso ?? instance_info.image_source;
  return typeof image === 'string' ? `${image}${by == null ? '' : `, by ${by}`}` : undefined;
}

/** `redfish_address`, `ipmi_address`, `drac_address`: each driver has a name of its own. */
function bmcOf({ driver_info = {} }: NodeDetail): string | undefined {
  const found = Object.entries(driver_info).find(([name]) => name.endsWith('_address'))?.[1];
  return typeof found === 'string' ? found : undefined;
}

function consoleOf({ console_enabled, console_interface: by }: NodeDetail): string {
  if (console_enabled === true) return `for people, by ${by ?? 'Ironic'}: baremetal node console show`;
  return 'none is switched on in Ironic; look at that of the BMC';
}

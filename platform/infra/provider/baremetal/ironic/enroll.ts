import type { Finding, Preparation } from '../../provider.ts';
import type { IronicSettings, RackMachine } from '../settings.ts';
import type { IronicClient } from './ironic-client.ts';
import type { Node } from './ironic-records.ts';

export interface BmcLogin {
  readonly username: string;
  readonly password: string;
}

// Ironic patches only what has neither dots nor slashes in its name.
const MARK = 'skerry-enrolled';
const [NEW, OFFERED] = ['new', 'offered'];

/**
 * Takes each machine of the account's list one step further: enrolled, its BMC tried, inspected where that is wanted, and
 * offered. What has been offered once is left to the site, which may take it back for work on it; a node that others
 * enrolled under the same name is never touched.
 */
export async function enrollNodes(
  ironic: IronicClient,
  settings: IronicSettings,
  login: BmcLogin,
  signal: AbortSignal,
): Promise<Preparation> {
  const findings: Finding[] = [];
  let isUnderWay = false;
  for (const machine of settings.nodes ?? []) {
    const node = await ironic.node(machine.name, signal);
    if (node?.extra?.[MARK] === OFFERED) continue;
    if (node === undefined) await enroll(ironic, machine, login, signal);
    const found =
      node === undefined ? undefined : await advance(ironic, node, { machine, login, settings, signal });
    if (found === undefined) isUnderWay = true;
    else findings.push(found);
  }
  return { findings, isUnderWay };
}

async function enroll(ironic: IronicClient, machine: RackMachine, login: BmcLogin, signal: AbortSignal) {
  const body = {
    name: machine.name,
    driver: 'redfish',
    driver_info: driverInfo(machine, login),
    resource_class: machine.resourceClass,
    properties: properties(machine),
    extra: { [MARK]: NEW },
  };
  await ironic.createNode(body, signal);
}

interface Enrolling {
  readonly machine: RackMachine;
  readonly login: BmcLogin;
  readonly settings: IronicSettings;
  readonly signal: AbortSignal;
}

/** What is in the way; undefined for a node that goes on. */
async function advance(
  ironic: IronicClient,
  node: Node,
  { machine, login, settings, signal }: Enrolling,
): Promise<Finding | undefined> {
  const { uuid, provision_state: state } = node;
  if (node.extra?.[MARK] !== NEW) return finding('MACHINE_NAME_TAKEN', machine, 'enrolled by somebody else');
  if (isUnderWay(node)) return undefined;
  switch (state) {
    // Where the BMC could not be tried, a node stays in `enroll`, with why.
    case 'enroll': {
      await addPorts(ironic, node, machine, signal);
      if ((machine.traits ?? []).length > 0) await ironic.setTraits(uuid, machine.traits ?? [], signal);
      // The password may be another one since the last try.
      const value = driverInfo(machine, login);
      await ironic.patchNode(uuid, [{ op: 'add', path: '/driver_info', value }], signal);
      await ironic.provision(uuid, { target: 'manage' }, signal);
      return failureOf(node, machine);
    }
    case 'manageable': {
      const isInspected = typeof node.inspection_finished_at === 'string' || settings.inspect !== true;
      await ironic.provision(uuid, { target: isInspected ? 'provide' : 'inspect' }, signal);
      return undefined;
    }
    case 'inspect failed': {
      // The error was seen missing from the node in this state, and in its history alone.
      const [last] = await ironic.history(uuid, signal);
      await ironic.provision(uuid, { target: 'manage' }, signal);
      const why = node.last_error ?? last?.event ?? 'no reason given';
      return finding('NODE_NEEDS_CARE', machine, `${state}: ${why}`.slice(0, 500));
    }
    case 'available':
    case 'active':
      await ironic.patchNode(uuid, [{ op: 'add', path: `/extra/${MARK}`, value: OFFERED }], signal);
      return undefined;
    default:
      return failureOf(node, machine);
  }
}

// What failed keeps the state that it was to come to, as if Ironic were still at it.
function isUnderWay({ provision_state: state, target_provision_state: target }: Node): boolean {
  return typeof target === 'string' && state?.endsWith(' failed') !== true;
}

function failureOf({ last_error }: Node, machine: RackMachine): Finding | undefined {
  if (typeof last_error !== 'string') return undefined;
  return finding('NODE_NEEDS_CARE', machine, last_error.slice(0, 500));
}

async function addPorts(
  ironic: IronicClient,
  { uuid }: Node,
  { macs = [] }: RackMachine,
  signal: AbortSignal,
) {
  const known = new Set((await ironic.ports(uuid, signal)).map(({ address }) => address));
  for (const address of macs)
    if (!known.has(address)) await ironic.createPort({ node_uuid: uuid, address, pxe_enabled: true }, signal);
}

function driverInfo({ bmc }: RackMachine, { username, password }: BmcLogin) {
  return {
    redfish_address: bmc.address,
    redfish_username: username,
    redfish_password: password,
    redfish_verify_ca: bmc.insecure !== true,
    ...(bmc.system === undefined ? {} : { redfish_system_id: bmc.system }),
  };
}

function properties({ cpus, memoryMiB, diskGiB, capabilities = {} }: RackMachine) {
  const text = Object.entries(capabilities).map(([name, value]) => `${name}:${value}`);
  return {
    ...(cpus === undefined ? {} : { cpus }),
    ...(memoryMiB === undefined ? {} : { memory_mb: memoryMiB }),
    ...(diskGiB === undefined ? {} : { local_gb: diskGiB }),
    ...(text.length === 0 ? {} : { capabilities: text.join(',') }),
  };
}

function finding(code: string, { name }: RackMachine, detail: string): Finding {
  return { code, severity: 'warning', subject: `node ${name}`, detail };
}

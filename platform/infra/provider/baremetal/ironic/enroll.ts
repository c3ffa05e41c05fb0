import type { Finding } from '../../provider.ts';
import type { IronicSettings, RackMachine } from '../settings.ts';
import type { IronicClient } from './ironic-client.ts';
import type { Node } from './ironic-records.ts';

export interface BmcLogin {
  readonly username: string;
  readonly password: string;
}

const MARK = 'skerry.dev/enrolled';

/**
 * Takes each machine of the account's list one step further: enrolled, its BMC tried, inspected where that is wanted, and
 * offered. What has been offered once is left to the site; a node that others enrolled under the same name is never
 * touched. Gives what keeps machines from getting there.
 */
export async function enrollNodes(
  ironic: IronicClient,
  settings: IronicSettings,
  login: BmcLogin,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const machine of settings.nodes ?? []) {
    const node = await ironic.node(machine.name, signal);
    if (node === undefined) await enroll(ironic, machine, login, signal);
    else findings.push(...(await advance(ironic, node, { machine, login, settings, signal })));
  }
  return findings;
}

async function enroll(ironic: IronicClient, machine: RackMachine, login: BmcLogin, signal: AbortSignal) {
  const body = {
    name: machine.name,
    driver: 'redfish',
    driver_info: driverInfo(machine, login),
    resource_class: machine.resourceClass,
    properties: properties(machine),
    extra: { [MARK]: true },
  };
  await ironic.createNode(body, signal);
}

interface Enrolling {
  readonly machine: RackMachine;
  readonly login: BmcLogin;
  readonly settings: IronicSettings;
  readonly signal: AbortSignal;
}

async function advance(
  ironic: IronicClient,
  node: Node,
  { machine, login, settings, signal }: Enrolling,
): Promise<readonly Finding[]> {
  if (node.extra?.[MARK] !== true)
    return [finding('MACHINE_NAME_TAKEN', machine, 'enrolled by somebody else')];
  if ((node.target_provision_state ?? null) !== null && node.provision_state !== 'enroll') return [];
  switch (node.provision_state) {
    case 'enroll': {
      if (node.target_provision_state === 'manageable') return [];
      await addPorts(ironic, node, machine, signal);
      if ((machine.traits ?? []).length > 0) await ironic.setTraits(node.uuid, machine.traits ?? [], signal);
      // The password may be another one since the last try.
      const value = driverInfo(machine, login);
      await ironic.patchNode(node.uuid, [{ op: 'add', path: '/driver_info', value }], signal);
      await ironic.provision(node.uuid, { target: 'manage' }, signal);
      return failureOf(node, machine);
    }
    case 'manageable': {
      const isInspected = typeof node.inspection_finished_at === 'string' || settings.inspect !== true;
      await ironic.provision(node.uuid, { target: isInspected ? 'provide' : 'inspect' }, signal);
      return [];
    }
    case 'inspect failed':
      await ironic.provision(node.uuid, { target: 'manage' }, signal);
      return failureOf(node, machine);
    default:
      return [];
  }
}

function failureOf({ last_error }: Node, machine: RackMachine): readonly Finding[] {
  return typeof last_error === 'string'
    ? [finding('NODE_NEEDS_CARE', machine, last_error.slice(0, 500))]
    : [];
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

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { JsonObject } from '../../apply/json.ts';
import { bareMetalDriver } from '../../platform/infra/provider/baremetal/driver.ts';
import type { WantedMachine } from '../../platform/infra/provider/machine.ts';
import type { CloudProvider } from '../../platform/infra/provider/provider.ts';
import type { ProviderBench } from '../../platform/infra/testing/provider-bench.ts';
import { type Rack, type RackOptions, startRack } from './rack.ts';
import { BMC_LOGIN, callIronic, htpasswd, LOGIN, rackSettings } from './rack-account.ts';

export interface IronicBench extends ProviderBench {
  readonly rack: Rack;
  readonly folder: string;
  /** Calls Ironic past the provider, as an administrator. */
  call(method: string, path: string, body?: unknown): Promise<unknown>;
  node(machine: WantedMachine): Promise<{ uuid: string; provision_state: string }>;
}

const LIMIT_MS = 300_000;
const Nodes = z.object({
  nodes: z.array(
    z.object({
      uuid: z.string(),
      name: z.string(),
      provision_state: z.string(),
      power_state: z.string().nullable(),
      instance_uuid: z.string().nullable(),
    }),
  ),
});

/** Real Ironic with a rack of emulated machines, which the account's own list enrolled. */
export async function startIronicBench(options: Partial<RackOptions> = {}): Promise<IronicBench> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const folder = await mkdtemp(join(tmpdir(), 'skerry-rack-'));
  const passwords = join(folder, 'passwords');
  await writeFile(passwords, htpasswd(LOGIN.username, LOGIN.password));
  const rack = await startRack({ folder, machines: 3, ironic: { passwords }, signal, ...options });
  const open = () => openRack(rack);
  const call = async (method: string, path: string, body?: unknown) =>
    await callIronic(rack, method, path, body);
  const nodes = async () =>
    Nodes.parse(await call('GET', '/v1/nodes?fields=uuid,name,provision_state,power_state,instance_uuid'))
      .nodes;
  const node = async ({ mark }: WantedMachine) => {
    const found = (await nodes()).find(({ instance_uuid }) => instance_uuid === mark.id);
    if (found === undefined) throw new Error(`no node is ${mark.machine}`);
    return found;
  };
  try {
    const states = async () => (await nodes()).map(({ provision_state }) => provision_state);
    if (options.hasBmcs === false) await addFakeHardware(rack, call);
    else await enrolled(open(), rack.machines.length);
    await until(async () => (await states()).every((state) => state === 'available'));
  } catch (error) {
    await rack.stop();
    throw error;
  }
  return {
    rack,
    folder,
    open,
    call,
    node,
    machine: (name) => ({
      mark: { clusterId: 'c0ffee', cluster: 'team/site-b', machine: name, id: crypto.randomUUID() },
      shape: { template: 'node', flavor: 'small' },
      userData: '#cloud-config\n',
      address: undefined,
    }),
    inventory: async () =>
      (await nodes()).flatMap(({ uuid, name, instance_uuid, power_state }) =>
        instance_uuid === null ? [] : [{ name, reference: uuid, isOn: power_state === 'power on' }],
      ),
    switchOff: async (machine) => {
      const { uuid } = await node(machine);
      await call('PUT', `/v1/nodes/${uuid}/states/power`, { target: 'power off' });
      await until(async () =>
        (await nodes()).some((one) => one.uuid === uuid && one.power_state === 'power off'),
      );
    },
    remove: async (machine) => {
      const { uuid } = await node(machine);
      await call('PUT', `/v1/nodes/${uuid}/states/provision`, { target: 'deleted' });
      await until(async () =>
        (await nodes()).some((one) => one.uuid === uuid && one.provision_state === 'available'),
      );
    },
    unmark: async ({ mark }) => {
      await call('PATCH', `/v1/allocations/${mark.id}`, [{ op: 'add', path: '/extra', value: {} }]);
    },
    leaveHalf: async ({ mark }) => {
      const extra = {
        'skerry.dev/id': mark.id,
        'skerry.dev/machine': mark.machine,
        'skerry.dev/cluster': mark.cluster,
        'skerry.dev/cluster-id': mark.clusterId,
      };
      await call('POST', '/v1/allocations', { uuid: mark.id, resource_class: 'small', extra });
      await until(async () => (await nodes()).some(({ instance_uuid }) => instance_uuid === mark.id));
    },
    refuseCredentials: async (isRefused) => {
      // Ironic reads the file for each request.
      const password = isRefused ? 'another' : LOGIN.password;
      await writeFile(passwords, htpasswd(LOGIN.username, password));
    },
    goAway: async (isAway) => await rack.ironicAway(isAway),
    address: { address: '10.20.0.99', prefix: 16, gateway: undefined, dns: [], search: [] },
    seeds: 1,
    pauseMs: 300,
    close: async () => {
      await rack.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function openRack(
  rack: Rack,
  credentials: Record<string, string> = {},
  settings: JsonObject = {},
): CloudProvider {
  return bareMetalDriver.open({
    account: {
      origin: { project: 'team', name: 'rack' },
      type: 'baremetal',
      endpoint: rack.ironicUrl,
      credentials: { name: 'rack' },
      requestsPerSecond: 100,
      settings: { ...rackSettings(rack), ...settings },
    },
    credentials: { ...LOGIN, ...BMC_LOGIN, ...credentials },
    now: () => new Date(),
  });
}

/** Until each node of the account's list is offered. */
async function enrolled(provider: CloudProvider, count: number) {
  const shape = { template: 'node', flavor: 'small' };
  await until(async () => {
    await provider.prepare?.(AbortSignal.timeout(LIMIT_MS));
    return (await provider.preflight([{ shape, count }], AbortSignal.timeout(LIMIT_MS))).length === 0;
  });
  await provider.close();
}

async function addFakeHardware({ machines }: Rack, call: IronicBench['call']) {
  for (const { uuid, name } of machines) {
    const interfaces = { boot_interface: 'fake', deploy_interface: 'fake', power_interface: 'fake' };
    const body = { uuid, name, driver: 'fake-hardware', resource_class: 'small', ...interfaces };
    await call('POST', '/v1/nodes', { ...body, management_interface: 'fake' });
    // Fake hardware does not know its state until it was told one.
    await call('PUT', `/v1/nodes/${uuid}/states/power`, { target: 'power off' });
    for (const [target, state] of [
      ['manage', 'manageable'],
      ['provide', 'available'],
    ]) {
      await call('PUT', `/v1/nodes/${uuid}/states/provision`, { target });
      await until(async () => {
        const node = await call('GET', `/v1/nodes/${uuid}?fields=provision_state`);
        return z.object({ provision_state: z.string() }).parse(node).provision_state === state;
      });
    }
  }
}

export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  while (!(await isSo())) await sleep(200, undefined, { signal });
}

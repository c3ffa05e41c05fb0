import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { testFolder } from '../../content/testing/folder.ts';
import { RackPower } from '../baremetal/power.ts';
import { type Rack, rackMachines, startRack } from '../baremetal/rack.ts';
import { BMC_LOGIN, callIronic, htpasswd, LOGIN, rackSettings } from '../baremetal/rack-account.ts';
import { ensureHost } from '../cluster/host.ts';
import { until } from '../fleet/until.ts';
import { leadIn } from '../provision/into-island.ts';
import { deleteOneAndOne, makeOneAndOne } from '../provision/one-and-one.ts';
import { type GatewaySite, startGatewaySite } from '../provision/site/gateway-site.ts';

const PORT = 6385;
const MACHINES = 2;
const FIELDS =
  'name,provision_state,power_state,instance_uuid,maintenance,inspection_finished_at,instance_info,extra';
const Nodes = z.object({
  nodes: z.array(
    z.looseObject({
      name: z.string(),
      provision_state: z.string(),
      power_state: z.string().nullable(),
      instance_uuid: z.string().nullable(),
      inspection_finished_at: z.string().nullable(),
      instance_info: z.record(z.string(), z.unknown()),
    }),
  ),
});
const Allocations = z.object({ allocations: z.array(z.unknown()) });

describe('a cluster made of a rack', { timeout: 1_800_000 }, () => {
  let site: GatewaySite;
  let rack: Rack;
  let power: RackPower;
  let door: AsyncDisposable;
  let prefix: string;
  let endpoint: string;
  const began = performance.now();
  const say = (text: string) => console.log(`# ${((performance.now() - began) / 1000).toFixed(1)} s ${text}`);
  const nodes = async () =>
    Nodes.parse(await callIronic(rack, 'GET', `/v1/nodes?fields=${FIELDS}&sort_key=name`)).nodes;
  const offered = async () =>
    await until('all nodes are offered', nodes, {
      holds: (seen) =>
        seen.length === MACHINES && seen.every(({ provision_state }) => provision_state === 'available'),
    });

  before(async () => {
    await ensureHost({ install: true, groups: ['cluster', 'build', 'baremetal'], onProgress: say });
    site = await startGatewaySite({ name: 'baremetal', onProgress: say });
    prefix = site.cluster.nodeAddress.slice(0, site.cluster.nodeAddress.lastIndexOf('.'));
    const folder = await testFolder('rack');
    const [passwords, bmcPasswords] = [join(folder, 'ironic-passwords'), join(folder, 'bmc-passwords')];
    await writeFile(passwords, htpasswd(LOGIN.username, LOGIN.password));
    await writeFile(bmcPasswords, htpasswd(BMC_LOGIN.bmcUsername, BMC_LOGIN.bmcPassword));
    power = new RackPower(site.machines, await testFolder('drives'), rackMachines(MACHINES));
    rack = await startRack({
      ...{ folder, machines: MACHINES, bmcPasswords, ironic: { passwords, syncSeconds: 10 } },
      onEvent: (event) => power.onEvent(event),
      signal: AbortSignal.timeout(300_000),
    });
    say('Ironic and the BMCs answer');
    const workstation = await site.cluster.addWorkstation({ name: 'ironic' });
    const { exec, address: host } = workstation;
    const target = Number(new URL(rack.ironicUrl).port);
    door = await leadIn({ folder: site.cluster.folder, exec, host, port: PORT }, target);
    endpoint = `http://${host}:${PORT}`;
    await site.packs.apply({
      ...{ chart: site.chart('infra'), name: 'infra', namespace: 'skerry-infra' },
      values: {
        pools: [
          {
            ...{ name: 'machines', ranges: [`${prefix}.60-${prefix}.69`], prefix: 24 },
            gateway: site.cluster.nodeAddress,
          },
        ],
      },
    });
  });
  after(async () => {
    if (site !== undefined) say((await site.infraLog()).split('\n').slice(-5).join('\n').slice(-2000));
    await door?.[Symbol.asyncDispose]();
    await rack?.stop();
    await power?.settle();
    await site?.stop();
  });

  it('of one control plane and one worker, by real Ironic, Cluster API, cloud-init and kubeadm', async () => {
    const { machines } = await makeOneAndOne({
      ...{ site, say, endpoint: 92 },
      account: {
        type: 'baremetal',
        endpoint,
        credentials: { ...LOGIN, ...BMC_LOGIN },
        settings: { ...rackSettings(rack), inspect: true },
      },
      machine: { template: 'node', flavor: 'small' },
      // The control plane takes the address that it finds at its site, the worker one of the gateway's.
      worker: { addressPool: 'machines' },
      placement: { capabilities: { rack: 'r1' } },
      // Enrolled, their BMCs tried, and inspected.
      onAccount: async () => {
        await offered();
        say('all nodes are offered');
      },
    });
    const worker = machines.find(({ pool }) => pool === 'workers');
    assert.match(worker?.address ?? '', new RegExp(`^${prefix}\\.6\\d$`));
    const taken = await nodes();
    assert.deepEqual(
      taken.map(({ provision_state, power_state }) => [provision_state, power_state]),
      taken.map(() => ['active', 'power on']),
    );
    assert.deepEqual(
      taken.map(({ instance_uuid }) => instance_uuid).sort(),
      machines.map(({ id }) => id).sort(),
    );
    assert.ok(taken.every(({ inspection_finished_at }) => inspection_finished_at !== null));
    assert.deepEqual(power.failures, []);
  });

  it('goes, and each node is free for others again, without a claim or a trace', async () => {
    await deleteOneAndOne({ site, say });
    for (const node of await offered()) {
      assert.deepEqual([node.power_state, node.instance_uuid, node.instance_info], ['power off', null, {}]);
    }
    const left = Allocations.parse(await callIronic(rack, 'GET', '/v1/allocations'));
    assert.deepEqual(left.allocations, []);
    assert.deepEqual(power.failures, []);
  });
});

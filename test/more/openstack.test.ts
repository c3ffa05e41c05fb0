import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { testFolder } from '../../content/testing/folder.ts';
import { converge } from '../../platform/infra/machine/converge.ts';
import type { MachineIntent } from '../../platform/infra/machine/next-step.ts';
import { openFake, wantedMachine } from '../../platform/infra/provider/openstack/testing/bench.ts';
import {
  type FakeCloud,
  startFakeCloud,
} from '../../platform/infra/provider/openstack/testing/fake-cloud.ts';
import type { CloudProvider } from '../../platform/infra/provider/provider.ts';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { startCluster } from '../cluster/cluster.ts';
import { ensureHost } from '../cluster/host.ts';
import type { Cluster } from '../cluster/running-cluster.ts';
import { execInMachine, listMachines } from '../machines/machine.ts';
import { type MachineSite, machineSite } from '../machines/site.ts';
import { ensureTemplate } from '../machines/template.ts';
import { bootingHypervisor } from '../openstack/hypervisor.ts';

const MINUTE = 60_000;
const onProgress = (text: string) => console.log(text);
const making: MachineIntent = { isDeleting: false, wasProvisioned: false, keepsPower: true };

describe('a server of OpenStack that boots', { timeout: 20 * MINUTE }, () => {
  let cluster: Cluster;
  let site: MachineSite;
  let cloud: FakeCloud;
  let provider: CloudProvider;
  before(async () => {
    await ensureHost({ install: true, onProgress });
    const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env), onProgress });
    const template = await ensureTemplate({ onProgress });
    cluster = await startCluster({ name: 'test-openstack', programs });
    site = await machineSite(cluster, { template });
    cloud = await startFakeCloud({
      hypervisor: bootingHypervisor(site, await testFolder('config-drives')),
    });
    cloud.neutron.lieIn(prefix(), cluster.nodeAddress);
    provider = openFake(cloud);
  });
  after(async () => {
    await provider?.close();
    await cloud?.close();
    await cluster?.stop();
  });
  const prefix = () => cluster.nodeAddress.slice(0, cluster.nodeAddress.lastIndexOf('.'));

  test('real cloud-init takes name, id, address and data from what the provider asked for', async () => {
    const address = `${prefix()}.190`;
    const machine = wantedMachine('worker-1', {
      address: { address, prefix: 24, gateway: cluster.nodeAddress, dns: [], search: [] },
      userData: `## template: jinja
#cloud-config
write_files:
  - path: /etc/provider-id
    content: "skerry://{{ v1.instance_id }} {{ local_hostname }}"
`,
    });
    const signal = AbortSignal.timeout(10 * MINUTE);
    while ((await converge(provider, machine, { intent: making, signal })).kind !== 'done') await sleep(200);
    await until(
      async () => (await provider.console(machine.mark, signal))?.includes('cloud-init finished') === true,
    );
    const [server] = cloud.nova.servers.values();
    assert.ok(server !== undefined);
    const said = await execInMachine(site, server.id, 'cat', ['/etc/provider-id']);
    assert.equal(said.trim(), `skerry://${machine.mark.id} worker-1`);
    assert.match(
      await execInMachine(site, server.id, 'ip', ['-4', '-br', 'address', 'show', 'eth0']),
      new RegExp(address),
    );
    const seen = await provider.observe(machine.mark, machine.shape, signal);
    assert.ok(seen.state === 'present');
    assert.deepEqual([seen.power, seen.addresses], ['on', [address]]);
    const deleting = { ...making, isDeleting: true };
    while ((await converge(provider, machine, { intent: deleting, signal })).kind !== 'done')
      await sleep(200);
    assert.deepEqual(await listMachines(site), []);
    assert.equal(cloud.neutron.ports.size, 0);
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 8 * MINUTE;
  while (!(await isSo())) {
    assert.ok(performance.now() < end, 'not in time');
    await sleep(500);
  }
}

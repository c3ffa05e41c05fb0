import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { CloudProvider } from '../../platform/infra/provider/provider.ts';
import { type IronicBench, startIronicBench, until } from '../baremetal/ironic-bench.ts';
import { RackPower } from '../baremetal/power.ts';
import { deleting, making, settled } from '../baremetal/settled.ts';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { ensureHost } from '../cluster/host.ts';
import { execInMachine, listMachines } from '../machines/machine.ts';
import { type MachineSite, machineSite } from '../machines/site.ts';
import { ensureTemplate } from '../machines/template.ts';

describe('a machine of a rack that boots', { timeout: 1_500_000 }, () => {
  let cluster: Cluster;
  let site: MachineSite;
  let power: RackPower;
  let bench: IronicBench;
  let provider: CloudProvider;
  let folder: string;

  before(async () => {
    const onProgress = (line: string) => console.error(line);
    await ensureHost({ install: true, groups: ['cluster', 'build', 'baremetal'], onProgress });
    const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env), onProgress });
    const template = await ensureTemplate({ onProgress });
    cluster = await startCluster({ name: 'test-rack', programs });
    site = await machineSite(cluster, { template });
    folder = await mkdtemp(join(tmpdir(), 'skerry-drives-'));
    power = new RackPower(site, folder);
    bench = await startIronicBench({ machines: 1, onEvent: (event) => power.onEvent(event) });
    provider = bench.open();
  });

  after(async () => {
    await provider?.close();
    await bench?.close();
    await power?.settle();
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  test('becomes what it was claimed for, stays it when it is switched off and on, and is gone in the end', async () => {
    const userData =
      '## template: jinja\n#cloud-config\nwrite_files: [{path: /etc/who, content: "{{ v1.instance_id }} {{ v1.local_hostname }}"}]\nruncmd: ["echo ran >> /etc/ran"]\n';
    const machine = { ...bench.machine('rack-machine'), userData };
    const read = async (file: string) =>
      await execInMachine(site, machine.mark.id, 'cat', [file]).catch(() => undefined);
    await settled(provider, machine, making);
    await until(async () => (await read('/etc/ran')) === 'ran');
    assert.equal(await read('/etc/who'), `${machine.mark.id} rack-machine`);
    await bench.switchOff?.(machine);
    await power.settle();
    assert.deepEqual(
      (await listMachines(site)).map(({ isOn }) => isOn),
      [false],
    );
    await settled(provider, machine, { ...making, wasProvisioned: true });
    await until(async () => (await read('/etc/who')) !== undefined);
    await settled(provider, machine, deleting);
    await until(async () => (await listMachines(site)).length === 0);
    assert.deepEqual(power.failures, []);
  });
});

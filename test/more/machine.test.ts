import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { cgroupHierarchies } from '../cluster/cleanup.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { ensureHost } from '../cluster/host.ts';
import { command } from '../cluster/processes/command.ts';
import {
  bootMachine,
  execInMachine,
  listMachines,
  removeMachine,
  startMachine,
  stopMachine,
  viewMachine,
} from '../machines/machine.ts';
import { type MachineSite, machineSite } from '../machines/site.ts';
import { ensureTemplate } from '../machines/template.ts';

const onProgress = (line: string) => console.error(line);

describe('a machine', { timeout: 600_000 }, () => {
  let cluster: Cluster;
  let site: MachineSite;

  before(async () => {
    await ensureHost({ install: true, onProgress });
    const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env), onProgress });
    const template = await ensureTemplate({ onProgress });
    cluster = await startCluster({ name: 'test-machines', programs });
    site = await machineSite(cluster, { template });
  });

  after(() => cluster?.stop());

  it('becomes what its guest variables say, and stays it when it is switched off and on', async () => {
    const user =
      '## template: jinja\n#cloud-config\nwrite_files: [{path: /etc/who, content: "{{ v1.instance_id }}"}]\nruncmd: ["echo ran >> /etc/ran"]\n';
    const variables = guestinfo({ 'instance-id': 'first', 'local-hostname': 'host-one' }, user);
    await bootMachine(site, { id: 'one', name: 'one', seed: { kind: 'guestinfo', variables } });
    await finished(site, 'one');
    assert.equal(await execInMachine(site, 'one', 'cat', ['/etc/who']), 'first');
    assert.equal(await execInMachine(site, 'one', 'hostname'), 'host-one');
    assert.deepEqual((await viewMachine(site, 'one')).addresses, [`${prefix(cluster)}.100`]);
    await stopMachine(site, 'one');
    assert.equal((await viewMachine(site, 'one')).isOn, false);
    await startMachine(site, 'one');
    await finished(site, 'one');
    assert.equal(await execInMachine(site, 'one', 'cat', ['/etc/ran']), 'ran', 'nothing is set up twice');
    assert.equal(await execInMachine(site, 'one', 'hostname'), 'host-one');
  });

  it('takes the address that its network configuration says', async () => {
    const address = `${prefix(cluster)}.180`;
    const network = {
      version: 2,
      ethernets: { eth0: { addresses: [`${address}/24`], gateway4: cluster.nodeAddress } },
    };
    const metadata = { 'instance-id': 'second', 'local-hostname': 'host-two', network };
    const variables = guestinfo(metadata, '#cloud-config\n{}\n');
    await bootMachine(site, { id: 'two', name: 'two', seed: { kind: 'guestinfo', variables } });
    await finished(site, 'two');
    assert.deepEqual((await viewMachine(site, 'two')).addresses, [address]);
    await execInMachine(site, 'two', 'sh', ['-c', `ping -c1 -W2 ${prefix(cluster)}.100 || true`]);
  });

  it('leaves nothing when it is removed', async () => {
    for (const { id } of await listMachines(site)) await removeMachine(site, id);
    assert.deepEqual(await listMachines(site), []);
    const networks = (await readdir('/run/netns')).filter((name) =>
      name.startsWith('skerry.test-machines.m-'),
    );
    assert.deepEqual(networks, []);
    for (const hierarchy of await cgroupHierarchies(1)) {
      const names = await readdir(join(hierarchy, site.cgroup));
      assert.deepEqual(
        names.filter((name) => name.startsWith('m-')),
        [],
      );
    }
    assert.doesNotMatch(
      await command('losetup', ['--list', '--output', 'BACK-FILE']),
      /node-[0-9a-f]+\.ext4/,
    );
  });
});

function guestinfo(metadata: object, user: string): Record<string, string> {
  const encode = (text: string) => Buffer.from(text).toString('base64');
  return {
    VMX_GUESTINFO: 'true',
    VMX_GUESTINFO_METADATA: encode(JSON.stringify(metadata)),
    VMX_GUESTINFO_METADATA_ENCODING: 'base64',
    VMX_GUESTINFO_USERDATA: encode(user),
    VMX_GUESTINFO_USERDATA_ENCODING: 'base64',
  };
}

function prefix(cluster: Cluster): string {
  return cluster.nodeAddress.slice(0, cluster.nodeAddress.lastIndexOf('.'));
}

/** Until cloud-init has ended in the machine's present run. */
async function finished(site: MachineSite, id: string): Promise<void> {
  const { console: log } = await viewMachine(site, id);
  const deadline = Date.now() + 120_000;
  for (;;) {
    const text = await readFile(log, 'utf8');
    const run = text.slice(text.lastIndexOf('power on'));
    if (run.includes('cloud-init finished')) return;
    if (Date.now() > deadline) throw new Error(`cloud-init did not end: ${text.slice(-2000)}`);
    await sleep(200);
  }
}

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import type { CloudProvider } from '../../platform/infra/provider/provider.ts';
import { imageOf } from '../baremetal/emulator.ts';
import { type IronicBench, openRack, startIronicBench, until } from '../baremetal/ironic-bench.ts';
import { startRack } from '../baremetal/rack.ts';
import { htpasswd, LOGIN } from '../baremetal/rack-account.ts';
import { deleting, limit, making, settled } from '../baremetal/settled.ts';
import { command } from '../cluster/processes/command.ts';

describe('a rack of machines with BMCs, behind Ironic', () => {
  let bench: IronicBench;
  let provider: CloudProvider;
  before(async () => {
    bench = await startIronicBench({ machines: 1 });
    provider = bench.open();
  });
  after(async () => {
    await provider?.close();
    await bench?.close();
  });

  test('a machine that cannot be deployed is told with why, and its node given back', async () => {
    const machine = bench.machine('broken');
    const lost = { ...machine, shape: { ...machine.shape, template: 'lost' } };
    await assert.rejects(settled(provider, lost, making), (error) => {
      assert.ok(isSkerryError(error, 'MACHINE_FAILED'), String(error));
      assert.match(error.detail ?? '', /^deploy failed: /);
      return true;
    });
    await until(async () => (await provider.listOwned(limit())).length === 0);
  });

  test('the machine boots its ISO with a config drive that says who it is and where', async () => {
    const address = { address: '10.9.0.7', prefix: 24, gateway: '10.9.0.1', dns: ['10.9.0.2'], search: [] };
    const machine = { ...bench.machine('addressed'), userData: '#cloud-config\n# ours\n', address };
    const { observed } = await settled(provider, machine, making);
    assert.ok(observed.state === 'present');
    assert.deepEqual(observed.addresses, ['10.9.0.7']);
    const { uuid } = await bench.node(machine);
    const name = (await bench.inventory()).find(({ reference }) => reference === uuid)?.name;
    const booted = bench.rack.events.findLast((event) => event.name === name && event.power_state === 'On');
    const drive = imageOf(booted?.boot_image?.Floppy);
    assert.ok(drive !== undefined, JSON.stringify(booted?.boot_image));
    const read = async (file: string) =>
      await command('isoinfo', ['-R', '-i', drive, '-x', `/openstack/latest/${file}`]);
    assert.equal(JSON.parse(await read('meta_data.json')).uuid, machine.mark.id);
    assert.equal(`${await read('user_data')}\n`, machine.userData);
    assert.equal(JSON.parse(await read('network_data.json')).networks[0].ip_address, '10.9.0.7');
    // Of the console there is no log: what is known of the node is said instead, also what went wrong on it before.
    const told = await provider.console(machine.mark, limit());
    for (const line of [
      /^provision state: active/m,
      /^deployed: .*node\.iso, by ramdisk$/m,
      /deploying.*\.lost/m,
    ])
      assert.match(told ?? '', line);
    assert.ok(told?.includes(`BMC: ${bench.rack.redfishUrl}`));
    await settled(provider, machine, deleting);
  });
});

test('hardware that cannot be inspected is reported with why, and its node is not offered', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-rack-'));
  const passwords = join(folder, 'passwords');
  await writeFile(passwords, htpasswd(LOGIN.username, LOGIN.password));
  const ironic = { passwords };
  const rack = await startRack({ folder, machines: 1, ironic, tellsHardware: false, signal: limit() });
  const provider = openRack(rack, {}, { inspect: true });
  try {
    await until(async () => {
      const found = (await provider.prepare?.(limit()))?.findings ?? [];
      return found.some(
        ({ code, detail }) =>
          code === 'NODE_NEEDS_CARE' && /^inspect failed: .*Processors/.test(detail ?? ''),
      );
    });
    const [missing] = await provider.preflight(
      [{ shape: { template: 'node', flavor: 'small' }, count: 1 }],
      limit(),
    );
    assert.equal(missing?.code, 'NO_MACHINE_LEFT');
  } finally {
    await provider.close();
    await rack.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test('a wrong password of the BMCs is told, and once it is right the nodes are offered', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-rack-'));
  const bmcPasswords = join(folder, 'bmc');
  await writeFile(bmcPasswords, htpasswd('admin', 'right'));
  const rack = await startRack({ folder, machines: 1, bmcPasswords, signal: limit() });
  const [wrong, right] = [openRack(rack, { bmcPassword: 'wrong' }), openRack(rack, { bmcPassword: 'right' })];
  try {
    await until(async () => {
      const found = (await wrong.prepare?.(limit()))?.findings ?? [];
      return found.some(({ code, detail }) => code === 'NODE_NEEDS_CARE' && detail !== undefined);
    });
    const shape = { template: 'node', flavor: 'small' };
    await until(async () => {
      await right.prepare?.(limit());
      return (await right.preflight([{ shape, count: 1 }], limit())).length === 0;
    });
  } finally {
    await Promise.all([wrong.close(), right.close()]);
    await rack.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

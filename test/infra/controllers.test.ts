import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { at, listAt, numberAt, textAt } from '../../apply/json.ts';
import { GatewayWorld } from './gateway-world.ts';
import { VsphereBench } from './vsphere-bench.ts';

describe("a gateway's controllers over a vCenter", () => {
  let bench: VsphereBench;
  let world: GatewayWorld;
  before(async () => {
    bench = await VsphereBench.start();
  });
  after(async () => await bench?.close());
  beforeEach(async () => {
    world = await GatewayWorld.start(bench);
  });
  afterEach(async () => await world.stop());
  const isRunning = (name: string) => world.condition('SkerryMachine', name)?.status === 'True';
  const reason = (name: string) => world.condition('SkerryMachine', name)?.reason;
  const named = async (name: string) => (await bench.inventory()).filter((one) => one.name === name);

  test('make a machine with its providerID, address and conditions, and take it away again', async () => {
    world.putCluster('edge');
    world.putMachine('edge', 'edge-1');
    world.work();
    await world.until('it runs', () => isRunning('edge-1'));
    const cluster = world.find('SkerryCluster', 'edge');
    assert.equal(textAt(cluster, 'spec', 'controlPlaneEndpoint', 'host')?.startsWith('10.20.'), true);
    assert.equal(numberAt(cluster, 'spec', 'controlPlaneEndpoint', 'port'), 6443);
    assert.equal(at(cluster, 'status', 'initialization', 'provisioned'), true);
    const machine = world.find('SkerryMachine', 'edge-1');
    assert.equal(textAt(machine, 'spec', 'providerID'), `skerry://${machine?.metadata.uid}`);
    assert.equal(at(machine, 'status', 'initialization', 'provisioned'), true);
    const addresses = listAt(machine, 'status', 'addresses').map((one) => textAt(one, 'address'));
    assert.match(addresses[0] ?? '', /^10\.20\./);
    assert.notEqual(addresses[0], textAt(cluster, 'spec', 'controlPlaneEndpoint', 'host'));
    assert.equal((await named('edge-1')).length, 1);
    await world.until(
      'the account is verified',
      () => at(world.find('SkerryAccount', 'lab'), 'status', 'verified') === true,
    );
    await world.until(
      'the summary has it',
      () => listAt(world.find('SkerryCluster', 'edge'), 'status', 'summary', 'machines').length === 1,
    );
    world.delete('SkerryMachine', 'edge-1');
    await world.until('it is gone', async () => (await named('edge-1')).length === 0);
    await world.until(
      'the finalizer is off',
      () => listAt(world.find('SkerryMachine', 'edge-1'), 'metadata', 'finalizers').length === 0,
    );
    const held = world.server.names().filter((name) => name.startsWith('IPAddress'));
    assert.equal(held.length, 1, 'only the endpoint');
    assert.doesNotMatch(world.log, /secret/);
  });

  test('do nothing to machines of a cluster that is paused, deletion included, until it is not any more', async () => {
    world.putCluster('edge');
    world.putMachine('edge', 'kept');
    world.work();
    await world.until('it runs', () => isRunning('kept'));
    world.pause('edge', true);
    world.delete('SkerryMachine', 'kept');
    world.putMachine('edge', 'later');
    await world.until('the other waits', () => reason('later') === 'Paused');
    assert.deepEqual([(await named('kept')).length, (await named('later')).length], [1, 0]);
    world.pause('edge', false);
    await world.until('the other runs', () => isRunning('later'));
    await world.until('the first is gone', async () => (await named('kept')).length === 0);
    world.delete('SkerryMachine', 'later');
    await world.until('nothing is left', async () => (await named('later')).length === 0);
  });

  test('give no address twice, whoever asks at once', async () => {
    world.putCluster('edge');
    for (let index = 0; index < 12; index++) world.putMachine('edge', `many-${index}`);
    world.work();
    await world.until('all run', () =>
      Array.from({ length: 12 }, (_, index) => isRunning(`many-${index}`)).every(Boolean),
    );
    const addresses = Array.from({ length: 12 }, (_, index) =>
      textAt(listAt(world.find('SkerryMachine', `many-${index}`), 'status', 'addresses')[0], 'address'),
    );
    assert.equal(new Set(addresses).size, 12);
    assert.equal(await bench.sessions(), 1);
    for (let index = 0; index < 12; index++) world.delete('SkerryMachine', `many-${index}`);
    await world.until('all are gone', async () =>
      (await bench.inventory()).every(({ name }) => !name.startsWith('many-')),
    );
  });

  test('say what is wrong by its code, touch nothing of strangers, and heal', async () => {
    await bench.putStranger('taken');
    world.putCluster('edge');
    world.putMachine('edge', 'taken');
    world.work();
    await world.until('the name is taken', () => reason('taken') === 'MACHINE_NAME_TAKEN');
    world.delete('SkerryMachine', 'taken');
    await world.until(
      'the finalizer is off',
      () => listAt(world.find('SkerryMachine', 'taken'), 'metadata', 'finalizers').length === 0,
    );
    assert.equal((await named('taken')).length, 1);
  });

  test('judge no machine while the cloud is away or refuses, and go on by themselves', async () => {
    world.putCluster('edge');
    world.putMachine('edge', 'patient');
    await bench.goAway(true);
    world.work();
    await world.until('unknown', () => reason('patient') === 'CLOUD_UNREACHABLE');
    assert.equal(world.condition('SkerryMachine', 'patient')?.status, 'Unknown');
    await world.until(
      'the account says so',
      () => textAt(world.find('SkerryAccount', 'lab'), 'status', 'lastError', 'code') === 'CLOUD_UNREACHABLE',
    );
    await bench.goAway(false);
    await world.until('it runs', () => isRunning('patient'));
    world.delete('SkerryMachine', 'patient');
    await world.until('it is gone', async () => (await named('patient')).length === 0);
  });

  test('give out no address of a machine that was made after the backup which they were restored from', async () => {
    const address = { address: '10.20.0.10', prefix: 16, gateway: undefined, dns: [], search: [] };
    const after = bench.machine('after', { address, virtualAddress: '10.20.0.11' });
    const provider = bench.open();
    await provider.act('create', after, AbortSignal.timeout(30_000));
    world.putCluster('edge');
    world.putMachine('edge', 'next');
    world.work();
    await world.until('it runs', () => isRunning('next'));
    const endpoint = textAt(world.find('SkerryCluster', 'edge'), 'spec', 'controlPlaneEndpoint', 'host');
    const [own] = listAt(world.find('SkerryMachine', 'next'), 'status', 'addresses');
    assert.deepEqual([endpoint, textAt(own, 'address')].sort(), ['10.20.0.12', '10.20.0.13']);
    world.delete('SkerryMachine', 'next');
    await world.until('it is gone', async () => (await named('next')).length === 0);
    await provider.act('delete', after, AbortSignal.timeout(30_000));
    await provider.close();
  });

  test('make no second cluster beside machines of it that they know nothing of', async () => {
    const left = bench.machine('before');
    const mark = { ...left.mark, clusterId: 'id-edge' };
    await bench.leaveHalf({ ...left, mark });
    world.putCluster('edge');
    world.putMachine('edge', 'twin');
    world.work();
    await world.until('it is refused', () => reason('twin') === 'MACHINES_LEFT');
    assert.equal((await named('twin')).length, 0);
    await bench.remove({ ...left, mark });
    await world.until('it runs', () => isRunning('twin'));
    world.delete('SkerryMachine', 'twin');
    await world.until('it is gone', async () => (await named('twin')).length === 0);
  });
});

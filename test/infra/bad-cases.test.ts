import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { at, listAt, objectAt, textAt } from '../../apply/json.ts';
import { describeObject } from '../../apply/object.ts';
import { CLAIM_ENDED_MS } from '../../platform/infra/provider/openstack/testing/bench.ts';
import {
  type FakeCloud,
  startFakeCloud,
} from '../../platform/infra/provider/openstack/testing/fake-cloud.ts';
import { GatewayWorld } from './gateway-world.ts';
import { OPENSTACK_SHAPE, openstackLogin } from './openstack-login.ts';

const NAME = 'edge-1';

describe("a gateway's controllers, where the cloud is not as it should be", () => {
  let cloud: FakeCloud;
  let world: GatewayWorld;
  beforeEach(async () => {
    cloud = await startFakeCloud();
    world = await GatewayWorld.start(openstackLogin(cloud));
    world.putCluster('edge');
  });
  afterEach(async () => {
    await world?.stop();
    await cloud?.close();
  });

  const ready = (name = NAME) => world.condition('SkerryMachine', name);
  const isRunning = (name = NAME) => ready(name)?.status === 'True';
  const finalizers = () => listAt(world.find('SkerryMachine', NAME), 'metadata', 'finalizers');
  const account = () => world.find('SkerryAccount', 'lab');
  const servers = () => [...cloud.nova.servers.values()];
  const run = async (shape: object = OPENSTACK_SHAPE) => {
    world.putMachine('edge', NAME, shape);
    world.work();
    await world.until('it runs', isRunning);
  };

  test('a template that is not there is reported, and the machine made once it is', async () => {
    world.putMachine('edge', NAME, { ...OPENSTACK_SHAPE, template: 'later' });
    world.work();
    await world.until('it is reported', () => ready()?.reason === 'TEMPLATE_UNKNOWN');
    assert.deepEqual([servers().length, cloud.neutron.ports.size], [0, 0]);
    cloud.glance.put('later', cloud.keystone.project.id);
    await world.until('it runs', isRunning);
  });

  test('what a machine is to boot with is waited for, and nothing made before it is there', async () => {
    world.putMachine('edge', NAME, OPENSTACK_SHAPE);
    const secret = world.secret(`${NAME}-boot`);
    world.server.objects.delete(describeObject(secret));
    world.work();
    await world.until('it is reported', () => ready()?.reason === 'BOOTSTRAP_DATA_MISSING');
    assert.equal(servers().length, 0);
    world.server.put(secret);
    await world.until('it runs', isRunning);
  });

  test('a quota that is used up holds up one machine, which is made when there is room', async () => {
    cloud.nova.quota = 1;
    await run();
    world.putMachine('edge', 'edge-2', OPENSTACK_SHAPE);
    await world.until('it is reported', () => ready('edge-2')?.reason === 'QUOTA_EXCEEDED');
    assert.deepEqual([servers().length, cloud.neutron.ports.size], [1, 1]);
    cloud.nova.quota = 2;
    await world.until('it runs', () => isRunning('edge-2'));
  });

  test('credentials that were revoked judge no machine and hold deletions up, until there are new ones', async () => {
    await run();
    const lab = world.secret('lab');
    cloud.keystone.credential.secret = 'rotated';
    cloud.keystone.endTokens();
    world.touch('SkerryMachine', NAME);
    world.touch('SkerryAccount', 'lab');
    await world.until('unknown', () => ready()?.reason === 'CREDENTIALS_REFUSED');
    assert.equal(ready()?.status, 'Unknown');
    assert.equal(at(world.find('SkerryMachine', NAME), 'status', 'initialization', 'provisioned'), true);
    const refused = () => textAt(account(), 'status', 'lastError', 'code') === 'CREDENTIALS_REFUSED';
    await world.until('the account says so', refused);
    assert.equal(at(account(), 'status', 'verified'), false);
    world.delete('SkerryMachine', NAME);
    world.touch('SkerryMachine', NAME);
    const waits = () => /CREDENTIALS_REFUSED/.test(world.log) && finalizers().length === 1;
    await world.until('the deletion waits', waits);
    assert.equal(servers().length, 1);
    const rotated = Buffer.from('rotated').toString('base64');
    const data = { ...objectAt(lab, 'data'), applicationCredentialSecret: rotated };
    world.server.objects.replace({ ...lab, data });
    await world.until('it is gone', () => finalizers().length === 0);
    assert.deepEqual([servers().length, cloud.neutron.ports.size], [0, 0]);
    assert.ok(!world.log.includes('rotated'));
  });

  test('a deletion waits for a cloud that is away, and says so', async () => {
    await run();
    cloud.goAway(true);
    world.delete('SkerryMachine', NAME);
    await world.until('it waits', () => ready()?.reason === 'CLOUD_UNREACHABLE');
    assert.deepEqual([finalizers().length, servers().length], [1, 1]);
    cloud.goAway(false);
    await world.until('it is gone', () => finalizers().length === 0);
    assert.equal(servers().length, 0);
  });

  test('a machine that is let go by name stays in the cloud, and is listed as left', async () => {
    await run();
    const id = world.find('SkerryMachine', NAME)?.metadata.uid;
    cloud.goAway(true);
    world.annotate('SkerryMachine', NAME, { 'infrastructure.skerry.dev/deletion': 'orphan' });
    world.delete('SkerryMachine', NAME);
    await world.until('the object is let go', () => finalizers().length === 0);
    cloud.goAway(false);
    world.touch('SkerryAccount', 'lab');
    const left = () => listAt(account(), 'status', 'orphans');
    await world.until('it is listed', () => left().length === 1);
    assert.deepEqual(left()[0], { name: NAME, cluster: 'team/edge', id });
    assert.equal(servers().length, 1);
  });

  test('a machine that was deleted in the cloud has vanished, and no second one is made', async () => {
    await run();
    const [server] = servers();
    assert.ok(server !== undefined);
    await cloud.nova.remove(server);
    // Else it might still be in the making.
    cloud.pass(CLAIM_ENDED_MS);
    world.touch('SkerryMachine', NAME);
    await world.until('it is reported', () => ready()?.reason === 'MACHINE_VANISHED');
    const phase = () =>
      textAt(listAt(world.find('SkerryCluster', 'edge'), 'status', 'summary', 'machines')[0], 'phase');
    await world.until('the hub gets it', () => phase() === 'vanished');
    assert.equal(servers().length, 0);
    world.delete('SkerryMachine', NAME);
    await world.until('the object goes', () => finalizers().length === 0);
    assert.equal(cloud.neutron.ports.size, 0);
  });

  test('a machine that was switched off is only reported where that is said, and else switched on again', async () => {
    await run();
    world.annotate('SkerryMachine', NAME, { 'infrastructure.skerry.dev/keep-power': 'false' });
    const [server] = servers();
    assert.ok(server !== undefined);
    server.status = 'SHUTOFF';
    world.touch('SkerryMachine', NAME);
    await world.until('it is reported', () => ready()?.reason === 'MACHINE_OFF');
    assert.equal(server.status, 'SHUTOFF');
    world.annotate('SkerryMachine', NAME, {});
    world.touch('SkerryMachine', NAME);
    await world.until('it runs again', () => isRunning() && server.status === 'ACTIVE');
  });
});

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { at, listAt, textAt } from '../../apply/json.ts';
import {
  type FakeCloud,
  startFakeCloud,
} from '../../platform/infra/provider/openstack/testing/fake-cloud.ts';
import { GatewayWorld } from './gateway-world.ts';
import { OPENSTACK_SHAPE, openstackLogin } from './openstack-login.ts';

let cloud: FakeCloud | undefined;
let world: GatewayWorld | undefined;
after(async () => {
  await world?.stop();
  await cloud?.close();
});

test('a machine that runs and does not join shows the end of its console, without what lets in', async () => {
  const console = async () => 'cloud-init: kubeadm join --token abcdef.0123456789abcdef\nno route to host\n';
  const nothing = async () => undefined;
  const hypervisor = () => ({ start: nothing, stop: nothing, remove: nothing, console });
  cloud = await startFakeCloud({ hypervisor });
  const started = await GatewayWorld.start(openstackLogin(cloud));
  world = started;
  started.putCluster('edge');
  started.putMachine('edge', 'lost', OPENSTACK_SHAPE);
  started.work();
  const machine = () => started.find('SkerryMachine', 'lost');
  await started.until('it runs', () => started.condition('SkerryMachine', 'lost')?.status === 'True');
  assert.equal(at(machine(), 'status', 'console'), undefined);
  started.aheadMs = 700_000;
  started.touch('SkerryMachine', 'lost');
  const told = () => textAt(machine(), 'status', 'console', 'text');
  await started.until('its console is there', () => told() !== undefined);
  assert.match(told() ?? '', /no route to host$/);
  assert.doesNotMatch(told() ?? '', /abcdef\.0123/);
  const inSummary = () =>
    listAt(started.find('SkerryCluster', 'edge'), 'status', 'summary', 'machines').map((one) =>
      textAt(one, 'console', 'text'),
    );
  await started.until(
    'it is in the summary for the hub',
    () => inSummary()[0]?.includes('no route to host') === true,
  );
});

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { at, listAt, textAt } from '../../apply/json.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { startRack } from '../baremetal/rack.ts';
import { BMC_LOGIN, htpasswd, LOGIN, rackSettings } from '../baremetal/rack-account.ts';
import { GatewayWorld } from '../infra/gateway-world.ts';

const LIMIT_MS = 300_000;

test("a gateway's controllers enroll a rack, and make a machine of it whose address nobody tells", async (t) => {
  const folder = await testFolder('rack');
  const passwords = join(folder, 'passwords');
  await writeFile(passwords, htpasswd(LOGIN.username, LOGIN.password));
  const signal = AbortSignal.timeout(LIMIT_MS);
  const rack = await startRack({ folder, machines: 1, ironic: { passwords }, signal });
  t.after(async () => await rack.stop());
  const account = {
    origin: { project: 'team', name: 'lab' },
    type: 'baremetal' as const,
    endpoint: rack.ironicUrl,
    credentials: { name: 'lab' },
    requestsPerSecond: 100,
    settings: { ...rackSettings(rack), inspect: true },
  };
  const world = await GatewayWorld.start({ account, credentials: { ...LOGIN, ...BMC_LOGIN } });
  t.after(async () => await world.stop());
  world.putCluster('edge');
  // Asked for before its node is offered: it waits for that, and is made then.
  world.putMachine('edge', 'edge-1', { template: 'node', flavor: 'small' });
  world.work();
  const ready = () => world.condition('SkerryMachine', 'edge-1');
  await world.until('it waits', () => ready()?.reason === 'NO_MACHINE_LEFT', LIMIT_MS);
  await world.until('it runs', () => ready()?.status === 'True', LIMIT_MS);
  assert.equal(at(world.find('SkerryAccount', 'lab'), 'status', 'verified'), true);
  const machine = world.find('SkerryMachine', 'edge-1');
  assert.equal(at(machine, 'status', 'initialization', 'provisioned'), true);
  assert.deepEqual(
    listAt(machine, 'status', 'addresses').map((one) => [textAt(one, 'type'), textAt(one, 'address')]),
    [['Hostname', 'edge-1']],
  );
  world.delete('SkerryMachine', 'edge-1');
  await world.until('it is given back', () => world.find('SkerryMachine', 'edge-1') === undefined, LIMIT_MS);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from './ironic-records.ts';
import { deployInterface, machineOf } from './node-state.ts';

const image = { iso: 'http://images.example/node.iso' };

test('a node that is claimed is half a machine until it knows what to boot', () => {
  assert.deepEqual(look({ provision_state: 'available' }), [false, 'off', undefined]);
  assert.deepEqual(look({ provision_state: 'available', instance_info: { boot_iso: 'http://other' } }), [
    false,
    'off',
    undefined,
  ]);
  // Ironic leaves nodes on here and there: that is not our machine running.
  const ready = {
    provision_state: 'available',
    power_state: 'power on',
    instance_info: { boot_iso: image.iso },
  };
  assert.deepEqual(look(ready), [true, 'off', undefined]);
});

test('nothing is done while Ironic is at it', () => {
  for (const provision_state of ['deploying', 'wait call-back', 'deleting', 'clean wait'])
    assert.equal(look({ provision_state })[1], 'changing');
  assert.equal(look({ provision_state: 'active', target_power_state: 'power on' })[1], 'changing');
});

test('a machine runs as its power says, and maintenance is no failure of one that runs', () => {
  assert.deepEqual(look({ provision_state: 'active', power_state: 'power on' }), [true, 'on', undefined]);
  const tended = { provision_state: 'active', power_state: 'power off', maintenance: true };
  assert.deepEqual(look(tended), [true, 'off', undefined]);
});

test('what failed to deploy has failed, and so has what cannot be deployed', () => {
  const failed = { provision_state: 'deploy failed', last_error: 'no such ISO', power_state: 'power on' };
  assert.deepEqual(look(failed), [true, 'on', 'deploy failed: no such ISO']);
  const tended = { provision_state: 'available', maintenance: true, maintenance_reason: 'new disk' };
  assert.deepEqual(look(tended)[2], 'the node is in maintenance: new disk');
});

test("a site's own way to deploy is left", () => {
  assert.equal(deployInterface({ uuid: 'n', deploy_interface: 'direct' }, image), 'ramdisk');
  for (const deploy_interface of ['ramdisk', 'autodetect', null])
    assert.equal(deployInterface({ uuid: 'n', deploy_interface }, image), undefined);
});

function look(node: Partial<Node>) {
  const { isComplete, power, failure } = machineOf({ uuid: 'n', ...node }, image, []);
  return [isComplete, power, failure];
}

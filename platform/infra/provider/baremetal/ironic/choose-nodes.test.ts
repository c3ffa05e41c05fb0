import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseNodes } from './choose-nodes.ts';
import type { Node } from './ironic-records.ts';

const rack: readonly Node[] = [
  node('a', { resource_class: 'small', properties: { cpus: 4, memory_mb: '8192', local_gb: 100 } }),
  node('b', {
    resource_class: 'small',
    properties: { cpus: 4, memory_mb: 8192, capabilities: 'rack:r2,boot_mode:uefi' },
  }),
  node('c', { resource_class: 'large', properties: { cpus: 64, memory_mb: 262144 }, traits: ['CUSTOM_GPU'] }),
];

test('a flavour is a resource class, and the placement names another', () => {
  assert.deepEqual(chooseNodes(rack, { flavor: 'small' }, {})?.nodes, ['b', 'a']);
  assert.deepEqual(chooseNodes(rack, { flavor: 'small' }, { resourceClass: 'large' })?.nodes, ['c']);
  assert.equal(chooseNodes(rack, { flavor: 'huge' }, {}), undefined);
});

test('without a class the smallest that is enough is taken', () => {
  assert.equal(chooseNodes(rack, { cpus: 2, memoryMiB: 4096 }, {})?.resourceClass, 'small');
  assert.equal(chooseNodes(rack, { cpus: 8 }, {})?.resourceClass, 'large');
  // Nobody knows whether the others have a disk.
  assert.deepEqual(chooseNodes(rack, { diskGiB: 50 }, {})?.nodes, ['a']);
});

test('traits, capabilities and names narrow it down', () => {
  assert.deepEqual(chooseNodes(rack, {}, { traits: ['CUSTOM_GPU'] })?.nodes, ['c']);
  assert.deepEqual(chooseNodes(rack, {}, { capabilities: { rack: 'r2', boot_mode: 'uefi' } })?.nodes, ['b']);
  assert.equal(chooseNodes(rack, {}, { capabilities: { rack: 'r3' } }), undefined);
  assert.deepEqual(chooseNodes(rack, {}, { nodes: ['name-c', 'a'] })?.nodes, ['a']);
});

test('what is not free is never taken', () => {
  for (const state of [
    { provision_state: 'clean failed' },
    { provision_state: 'active' },
    { maintenance: true },
    { instance_uuid: 'somebody' },
    { power_state: null },
    { resource_class: null },
  ])
    assert.equal(chooseNodes([node('a', { resource_class: 'small', ...state })], {}, {}), undefined);
});

function node(uuid: string, more: Partial<Node>): Node {
  return { uuid, name: `name-${uuid}`, provision_state: 'available', power_state: 'power off', ...more };
}

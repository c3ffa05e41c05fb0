import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeldValues, heldProvision } from './held-provision.ts';
import { planGateway } from './plan-gateway.ts';
import { clusterOf, PROVISION, sourcesOf } from './testing/sample-gateway.ts';

function heldOf(provision: Parameters<typeof clusterOf>[0]) {
  const { layers } = planGateway(sourcesOf({ clusters: [clusterOf(provision)] }), []);
  return HeldValues.parse(layers.at(-1)?.layer.values);
}

test('a hub that knows less asks for the machines that its gateway holds', () => {
  const now = {
    controlPlane: { replicas: 3, size: 'small' },
    pools: [
      { name: 'workers', replicas: 5, size: 'small', labels: { tier: 'a' } },
      { name: 'big', replicas: 1, size: { cpus: 8, memoryMiB: 8192 }, placement: { network: 'b' } },
    ],
  };
  const adopted = heldProvision(PROVISION, heldOf(now));
  assert.deepEqual(adopted.controlPlane, { replicas: 3, size: 'small' });
  assert.deepEqual(adopted.pools, [
    { name: 'workers', replicas: 5, size: 'small' },
    {
      name: 'big',
      replicas: 1,
      size: { cpus: 8, memoryMiB: 8192 },
      template: 'node-1.34.4',
      placement: { network: 'b' },
    },
  ]);
  // What is made of it is the same number of machines of the same kind, so that none goes.
  const again = heldOf(adopted);
  assert.deepEqual(
    again.pools.map(({ name, replicas, machine }) => [name, replicas, machine]),
    heldOf(now).pools.map(({ name, replicas, machine }) => [name, replicas, machine]),
  );
});

test('a hub that knows all of it changes nothing', () => {
  assert.deepEqual(heldProvision(PROVISION, heldOf({})), PROVISION);
});

test('a version that was upgraded since is not taken back', () => {
  const held = { ...heldOf({}), kubernetes: 'v1.35.1' };
  assert.equal(heldProvision(PROVISION, held).kubernetes, 'v1.35.1');
});

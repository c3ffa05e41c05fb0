import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedProvision, changeOf } from './provision-change.ts';

const PROVISION = {
  account: 'vc',
  kubernetes: '1.34',
  controlPlane: { replicas: 1, size: 'small' },
  pools: [
    { name: 'workers', replicas: 2, size: 'small', labels: { tier: 'web' } },
    { name: 'large', replicas: 1, size: 'big' },
  ],
};

test('what is not changed stays as it is', () => {
  assert.deepEqual(changedProvision(PROVISION, changeOf(PROVISION)), PROVISION);
  const { pools: _, ...without } = PROVISION;
  assert.deepEqual(changedProvision(without, changeOf(without)), without);
});

test('machines and Kubernetes are changed, and nothing beside them', () => {
  const change = { ...changeOf(PROVISION), kubernetes: ' 1.35 ', pools: { workers: '5', large: '1' } };
  assert.deepEqual(changedProvision(PROVISION, change), {
    ...PROVISION,
    kubernetes: '1.35',
    pools: [{ ...PROVISION.pools[0], replicas: 5 }, PROVISION.pools[1]],
  });
});

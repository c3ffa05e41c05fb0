import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Provisioning } from '../../../api/provisioning.ts';
import { EMPTY_MACHINES, machineCount, provisionOf } from './machine-form.ts';

const FORM = {
  ...EMPTY_MACHINES,
  account: 'vc',
  kubernetes: '1.34',
  size: 'small',
  controlPlanes: '3',
  pools: [
    { name: 'workers', replicas: '2', size: '' },
    { name: 'large', replicas: '1', size: 'big' },
  ],
  endpointPool: 'vips',
  placement: 'datacenter=dc1\n network = vm-a \nnonsense\n',
};

test('what is typed becomes what the hub takes', () => {
  const made = provisionOf(FORM);
  assert.deepEqual(made, {
    account: 'vc',
    kubernetes: '1.34',
    placement: { datacenter: 'dc1', network: 'vm-a' },
    endpoint: { pool: 'vips' },
    controlPlane: { replicas: 3, size: 'small' },
    pools: [
      { name: 'workers', replicas: 2, size: 'small' },
      { name: 'large', replicas: 1, size: 'big' },
    ],
  });
  assert.ok(Provisioning.safeParse(made).success);
});

test('machines are counted, also where a number is not typed yet', () => {
  assert.equal(machineCount(FORM), 6);
  assert.equal(machineCount({ ...FORM, controlPlanes: '', pools: [] }), 0);
});

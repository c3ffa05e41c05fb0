import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capaTrouble } from './capa-state.ts';

const REFUSED =
  'failed to describe eks clusters: operation error EKS: DescribeCluster, https response error StatusCode: 403, RequestID: 8f1, api error ExpiredTokenException: The security token is expired';

function object(...conditions: object[]) {
  return { status: { conditions } };
}

test('An object that is well, or only waits, has no trouble', () => {
  assert.equal(capaTrouble({}), undefined);
  assert.equal(capaTrouble(object({ type: 'Ready', status: 'True' })), undefined);
  const waits = { type: 'Ready', status: 'False', severity: 'Info', message: '3 of 7 completed' };
  assert.equal(capaTrouble(object(waits)), undefined);
});

test('What AWS said has the code that it has everywhere, and the same detail each time', () => {
  const one = { type: 'EKSControlPlaneReady', status: 'False', severity: 'Error', message: REFUSED };
  const other = { ...one, message: REFUSED.replace('8f1', '9a2') };
  const summary = { type: 'Ready', status: 'False', severity: 'Error', message: REFUSED };
  assert.equal(capaTrouble(object(summary, one))?.code, 'CREDENTIALS_REFUSED');
  assert.deepEqual(capaTrouble(object(one)), capaTrouble(object(other)));
});

test('A limit of the account is a quota, in the words of the model too', () => {
  const message = 'failed to create EKS cluster: ResourceLimitExceededException: no more clusters';
  const full = { type: 'EKSControlPlaneReady', status: 'False', severity: 'Error', message };
  assert.equal(capaTrouble(object(full))?.code, 'QUOTA_EXCEEDED');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { agreedProtocol, PROTOCOLS } from './protocol.ts';

const agree = (protocol: number, oldestProtocol: number | undefined, hub = { newest: 4, oldest: 2 }) => {
  try {
    return agreedProtocol({ protocol, oldestProtocol }, hub, 'agent');
  } catch (error) {
    return isSkerryError(error) ? error.code : error;
  }
};

test('hub and agent speak the newest protocol that both know', () => {
  assert.deepEqual([agree(4, 2), agree(3, 1), agree(2, undefined), agree(6, 4)], [4, 3, 2, 4]);
});

test('an agent older than all that the hub speaks, and one newer than all, are told apart', () => {
  assert.equal(agree(1, undefined), 'AGENT_PROTOCOL_OLD');
  assert.equal(agree(5, undefined), 'AGENT_PROTOCOL_NEW');
  assert.equal(agree(7, 5), 'AGENT_PROTOCOL_NEW');
});

test('protocol 1 is spoken', () => {
  assert.equal(agree(1, undefined, PROTOCOLS), 1);
});

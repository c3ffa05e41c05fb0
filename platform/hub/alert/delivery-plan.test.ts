import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AlertStatus, Severity } from '../../api/alert.ts';
import type { StoredAlert } from '../watched/stored-alert.ts';
import { newsFor, type Receiver } from './delivery-plan.ts';

const AT = '2030-01-01T00:00:00Z';

function alert(severity: Severity, status: Partial<AlertStatus> = {}): StoredAlert {
  return {
    project: 'p',
    name: 'a',
    spec: { rule: 'LayerFailed', subject: 'layer x', severity },
    status: { message: 'm', firstSeen: AT, lastSeen: AT, count: 1, ...status },
    object: { apiVersion: 'v1', kind: 'Alert', metadata: { name: 'a' } },
  };
}

function states(receiver: Partial<Receiver['spec']>, stored: StoredAlert): string[] {
  return newsFor({ project: 'p', name: 'r', spec: receiver }, [stored]).map(({ state }) => state);
}

describe('what a receiver is sent', () => {
  const sent = (state: 'firing' | 'resolved') => [{ receiver: 'r', at: AT, state }];

  test('each change once', () => {
    assert.deepEqual(states({}, alert('warning')), ['firing']);
    assert.deepEqual(states({}, alert('warning', { sent: sent('firing') })), []);
    assert.deepEqual(states({}, alert('warning', { sent: sent('firing'), resolvedAt: AT })), ['resolved']);
    assert.deepEqual(states({}, alert('warning', { sent: sent('resolved'), resolvedAt: AT })), []);
    assert.deepEqual(states({}, alert('warning', { sent: sent('resolved') })), ['firing']);
  });

  test('not that something is over which it never heard of', () => {
    assert.deepEqual(states({}, alert('warning', { resolvedAt: AT })), []);
  });

  test('only what is severe enough, and of its project', () => {
    assert.deepEqual(states({}, alert('info')), []);
    assert.deepEqual(states({ severity: 'info' }, alert('info')), ['firing']);
    assert.deepEqual(states({ severity: 'critical' }, alert('warning')), []);
    assert.deepEqual(states({}, { ...alert('critical'), project: 'other' }), []);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../object.ts';
import { celProblem, celStatus } from './cel.ts';

const object: KubeObject = {
  apiVersion: 'example.dev/v1',
  kind: 'Database',
  metadata: { name: 'main', namespace: 'default' },
  spec: { replicas: 3, share: 0.5 },
  status: {
    ready: 3,
    phase: 'Running',
    many: Array.from({ length: 3000 }, (_, index) => index),
    conditions: [{ type: 'Synced', status: 'True' }],
  },
};

describe('expressions over an object', () => {
  for (const expression of [
    'self.status.ready == self.spec.replicas',
    'self.status.ready + 1 > self.spec.replicas',
    "self.status.conditions.exists(c, c.type == 'Synced' && c.status == 'True')",
    "has(self.status.phase) && self.status.phase in ['Running', 'Done']",
    'self.spec.share < 1',
    '!has(self.status.error)',
    "self.metadata.name.startsWith('ma')",
    'size(self.status.conditions) == 1',
  ]) {
    test(`${expression} is true`, () => {
      assert.equal(celProblem(expression), undefined);
      assert.equal(celStatus(object, expression).status, 'Current');
    });
  }

  test('what is false, not a truth value or about a field that is not there yet is waited for', () => {
    for (const expression of [
      "self.status.phase == 'Done'",
      'self.status.ready',
      'self.status.none.at.all == 1',
    ])
      assert.equal(celStatus(object, expression).status, 'InProgress', expression);
  });

  test('an expression that can never be a condition is reported before it is used', () => {
    for (const expression of [
      'self.(',
      '',
      '1 + 2',
      "'text'",
      'other.status == 1',
      `self.a == ${'1 + '.repeat(2000)}1`,
    ])
      assert.notEqual(celProblem(expression), undefined, expression.slice(0, 40));
  });

  test('an expression that would count for hours is stopped', () => {
    const within = (inner: string) => `self.status.many.all(x, ${inner})`;
    const endless = within(within(within(within('true'))));
    assert.equal(celProblem(endless), undefined);
    assert.equal(celStatus(object, endless).status, 'InProgress');
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DriftItem } from '../api/cluster-status.ts';
import { driftEvents, problemEvents } from './drift-events.ts';

const item = (state: DriftItem['state'], at: string): DriftItem => ({
  layer: 'web',
  object: 'Deployment.apps web/web',
  what: 'changed',
  fields: ['.spec.replicas'],
  by: 'kubectl',
  at,
  state,
});

test('each correction is an event, and what stays open is one', () => {
  const first = [item('corrected', '2026-01-01T00:00:00Z')];
  assert.deepEqual(
    driftEvents([], first).map(({ kind }) => kind),
    ['corrected'],
  );
  assert.deepEqual(driftEvents(first, first), []);
  const second = [item('corrected', '2026-01-01T00:01:00Z'), ...first];
  assert.equal(driftEvents(first, second).length, 1);
  assert.deepEqual(driftEvents([item('found', 'a')], [item('found', 'b')]), []);
});

test('what cannot be watched any more is reported once, and not a hundred times', () => {
  const problems = Array.from({ length: 100 }, (_, index) => ({
    subject: `ConfigMap web/${index}`,
    code: 'CLUSTER_FORBIDDEN',
  }));
  const events = problemEvents([], problems);
  assert.ok(events.length > 0 && events.length <= 10);
  assert.deepEqual(events[0], {
    kind: 'failed',
    subject: 'drift of ConfigMap web/0',
    detail: 'CLUSTER_FORBIDDEN',
  });
  assert.deepEqual(problemEvents(problems, problems), []);
});

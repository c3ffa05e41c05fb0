import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '../operations.ts';
import { changesText } from './plan.ts';

const fault = (code: string, path: string) => ({ code, path, pointer: '', detail: 'so', message: '' });

test('a plan says what changes, what does not, what is wrong and what is still to come', () => {
  const plan: Plan = {
    total: 3,
    clusters: [
      {
        project: 'p',
        name: 'one',
        opensAt: '2026-01-05T03:00:00.000Z',
        layers: [
          { name: 'web', change: 'change', detail: '1.0.0 → 1.1.0' },
          { name: 'dns', change: 'none' },
        ],
        machines: { change: 'change', fields: [{ pointer: '/pools/0/replicas', before: 2, after: 3 }] },
      },
      { project: 'p', name: 'two', layers: [{ name: 'web', change: 'none' }] },
      { project: 'p', name: 'three', layers: [], errors: [fault('VARIABLE_UNKNOWN', 'spec.profiles[0]')] },
    ],
    warnings: [fault('SECRET_MISSING', '')],
  };
  assert.equal(
    changesText(plan),
    `CLUSTER  LAYER  CHANGE  WHAT           WHEN
one      web    change  1.0.0 → 1.1.0  2026-01-05T03:00:00.000Z

machines of one
FIELD              BEFORE  AFTER
/pools/0/replicas  2       3

nothing changes in two

Wrong:
  three: VARIABLE_UNKNOWN spec.profiles[0]: so

To come:
  SECRET_MISSING so`,
  );
  assert.equal(changesText({ total: 0, clusters: [] }), 'no cluster has it');
});

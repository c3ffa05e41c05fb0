import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { budgetChange } from './health-budget.ts';
import { BUDGET_ANNOTATION, CAPI, PAUSED_BY_ANNOTATION } from './names.ts';
import { CapiHealthCheck } from './stored.ts';

const now = new Date('2026-01-02T00:00:00Z');
const PAUSED = { [CAPI.pausedAnnotation]: 'true' };
const check = (annotations: Record<string, string>) =>
  CapiHealthCheck.parse({
    metadata: { name: 'edge-pool', namespace: 'clusters-team', uid: 'u', annotations },
    spec: { clusterName: 'edge' },
  });
const NAMES = ['edge-control-plane', 'edge-pool', 'edge-pool-b'];
const budget = { [BUDGET_ANNOTATION]: '2' };
const replaced = ['2026-01-01T10:00:00Z', '2026-01-01T11:00:00Z'].map((at, index) => ({
  machine: `edge-pool-${index}`,
  at,
}));

describe('the budget of a health check', () => {
  test('pauses it when the replacements of a day are used up, once', () => {
    assert.equal(budgetChange(check(budget), NAMES, replaced, now), 'pause');
    assert.equal(
      budgetChange(check({ ...budget, ...PAUSED, [PAUSED_BY_ANNOTATION]: 'true' }), NAMES, replaced, now),
      undefined,
    );
  });
  test('counts neither other pools nor days that are over, and lets it go on', () => {
    const others = replaced.map((one) => ({ ...one, machine: `edge-other-${one.machine}` }));
    assert.equal(budgetChange(check(budget), NAMES, others, now), undefined);
    const later = new Date('2026-01-02T10:30:00Z');
    assert.equal(
      budgetChange(check({ ...budget, ...PAUSED, [PAUSED_BY_ANNOTATION]: 'true' }), NAMES, replaced, later),
      'resume',
    );
  });
  test('counts for the control plane no machine of a pool, and for a pool none of one whose name goes on', () => {
    const named = (name: string) => ({ ...check(budget), metadata: { ...check(budget).metadata, name } });
    const machines = (prefix: string) =>
      replaced.map((one, index) => ({ ...one, machine: `${prefix}-${index}` }));
    const changes = (prefix: string) =>
      NAMES.map((name) => budgetChange(named(name), NAMES, machines(prefix), now) ?? '');
    assert.deepEqual(changes('edge-pool'), ['', 'pause', '']);
    assert.deepEqual(changes('edge-pool-b'), ['', '', 'pause']);
    assert.deepEqual(changes('edge'), ['pause', '', '']);
  });
  test('leaves alone what somebody else paused, and what has none', () => {
    assert.equal(budgetChange(check({ ...budget, ...PAUSED }), NAMES, [], now), undefined);
    assert.equal(budgetChange(check({}), NAMES, replaced, now), undefined);
  });
});

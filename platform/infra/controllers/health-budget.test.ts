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
const budget = { [BUDGET_ANNOTATION]: '2' };
const replaced = ['2026-01-01T10:00:00Z', '2026-01-01T11:00:00Z'].map((at, index) => ({
  machine: `edge-pool-${index}`,
  at,
}));

describe('the budget of a health check', () => {
  test('pauses it when the replacements of a day are used up, once', () => {
    assert.equal(budgetChange(check(budget), replaced, now), 'pause');
    assert.equal(
      budgetChange(check({ ...budget, ...PAUSED, [PAUSED_BY_ANNOTATION]: 'true' }), replaced, now),
      undefined,
    );
  });
  test('counts neither other pools nor days that are over, and lets it go on', () => {
    const others = replaced.map((one) => ({ ...one, machine: `edge-other-${one.machine}` }));
    assert.equal(budgetChange(check(budget), others, now), undefined);
    const later = new Date('2026-01-02T10:30:00Z');
    assert.equal(
      budgetChange(check({ ...budget, ...PAUSED, [PAUSED_BY_ANNOTATION]: 'true' }), replaced, later),
      'resume',
    );
  });
  test('leaves alone what somebody else paused, and what has none', () => {
    assert.equal(budgetChange(check({ ...budget, ...PAUSED }), [], now), undefined);
    assert.equal(budgetChange(check({}), replaced, now), undefined);
  });
});

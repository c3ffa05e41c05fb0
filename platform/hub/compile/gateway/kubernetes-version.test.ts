import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkStep } from './kubernetes-version.ts';

/** What is reported of a step, by its code. */
function stepOf(from: string | undefined, to: string): string | undefined {
  let said: string | undefined;
  checkStep(from, to, 'spec.provision.kubernetes', (code) => {
    said = code;
    return undefined;
  });
  return said;
}

test('control planes go up by one minor version at a time, also where only minors are known', () => {
  for (const [from, to] of [
    [undefined, 'v1.35'],
    ['v1.34.4', 'v1.34.5'],
    ['v1.34.4', 'v1.35.0'],
    ['v1.34', 'v1.34'],
    ['v1.34', 'v1.35'],
    ['v1.34', 'v1.35.2'],
  ] as const)
    assert.equal(stepOf(from, to), undefined, `${from} to ${to}`);
  for (const [from, to] of [
    ['v1.34.5', 'v1.34.4'],
    ['v1.35', 'v1.34'],
    ['v1.34', 'v1.36'],
    ['v1.34.4', 'v1.36.0'],
  ] as const)
    assert.equal(stepOf(from, to), 'KUBERNETES_STEP_INVALID', `${from} to ${to}`);
});

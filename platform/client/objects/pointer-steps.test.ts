import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pointerSteps } from './pointer-steps.ts';

test('a pointer is taken apart, and what stands for a slash or a tilde is put back', () => {
  assert.deepEqual(pointerSteps('/a~1b/~01'), ['a/b', '~1']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StepTimer } from './steps.ts';

test('steps are timed by when their lines come, whatever pieces they come in', () => {
  const timer = new StepTimer();
  timer.take('[....] Verify /a/b.tar\n[do', 0);
  timer.take('ne] Verify /a/b.tar (0.2 s)\n', 200);
  timer.take('[skip] Copy 9 images: done before\n[....] Install hub 0.1.0 in x\n       3 of 4\n', 300);
  timer.take('[done] Install hub 0.1.0 in x (5 s)\n', 5300);
  assert.deepEqual(timer.steps, [
    { name: 'Verify', seconds: 0.2 },
    { name: 'Install hub', seconds: 5 },
  ]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchSteps } from './timeline.ts';

const steps = [
  { name: 'two', holds: (state: number) => state >= 2 },
  { name: 'one', holds: (state: number) => state >= 1 },
];

test('each step is reported once, when it first held', async () => {
  let state = 0;
  const told: string[] = [];
  const times = await watchSteps({
    ...{ steps, began: performance.now(), limitMs: 60_000 },
    look: async () => state++,
    onStep: (name) => told.push(name),
  });
  assert.deepEqual(told, ['one', 'two']);
  assert.ok((times.get('one') ?? 9) < (times.get('two') ?? 0));
});

test('what never held is named', async () => {
  const look = async () => 1;
  const watching = watchSteps({ steps, began: performance.now(), limitMs: 0, look, onStep: () => undefined });
  await assert.rejects(watching, /not within 0 ms: two; 1/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SendTurns } from './send-turns.ts';

const PIECE = 256 * 1024;

test('a few pieces are sent at once, many in several turns and in their order', async () => {
  const turns = new SendTurns();
  const sent: number[] = [];
  for (let at = 0; at < 100; at++) turns.wait(PIECE, () => sent.push(at));
  const atOnce = sent.length;
  assert.ok(atOnce >= 1 && atOnce < 10, `${atOnce}`);
  let waited = 0;
  for (; sent.length < 100; waited++) {
    const before = sent.length;
    await nextTurn();
    assert.ok(sent.length - before < 20, `${sent.length - before}`);
    assert.ok(waited < 200, 'sends stopped');
  }
  assert.ok(waited > 5, `${waited}`);
  assert.deepEqual(
    sent,
    Array.from({ length: 100 }, (_, at) => at),
  );
});

test('after a quiet turn, one may send at once again', async () => {
  const turns = new SendTurns();
  turns.wait(100 * PIECE, () => {});
  await nextTurn();
  await nextTurn();
  let isSent = false;
  turns.wait(PIECE, () => {
    isSent = true;
  });
  assert.ok(isSent);
});

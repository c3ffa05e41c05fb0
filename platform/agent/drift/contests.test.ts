import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Contests, type Move } from './contests.ts';

const MINUTE = 60_000;
const move: Move = { object: 'ConfigMap web/web', fields: ['.data.a', '.data.b'], by: 'stubborn' };

describe('contests', () => {
  test('the third correction of the same is the last, until the first of them is ten minutes old', () => {
    const contests = new Contests();
    for (const minute of [0, 1, 2]) {
      assert.equal(contests.restMs(move, minute * MINUTE), 0);
      contests.corrected(move, minute * MINUTE);
    }
    assert.equal(contests.restMs(move, 3 * MINUTE), 7 * MINUTE);
    assert.equal(contests.restMs(move, 10 * MINUTE), 0);
  });

  test('other fields, another manager and another object are other moves; the order of fields is not', () => {
    const contests = new Contests();
    for (let round = 0; round < 3; round++) contests.corrected(move, 0);
    assert.ok(contests.restMs({ ...move, fields: ['.data.b', '.data.a'] }, 0) > 0);
    assert.equal(contests.restMs({ ...move, fields: ['.data.a'] }, 0), 0);
    assert.equal(contests.restMs({ ...move, by: undefined }, 0), 0);
    assert.equal(contests.restMs({ ...move, object: 'ConfigMap web/other' }, 0), 0);
  });

  test('a new policy begins from nothing', () => {
    const contests = new Contests();
    for (let round = 0; round < 3; round++) contests.corrected(move, 0);
    contests.forget(move.object);
    assert.equal(contests.restMs(move, 0), 0);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { digestOf } from '../../content/digest.ts';
import { Holds } from './holds.ts';

const [a, b] = [digestOf('a'), digestOf('b')];

function holdsAt(start: number) {
  const clock = { now: start };
  return { clock, holds: new Holds(() => clock.now, { asked: 100, pushed: 1000 }) };
}

describe('a hold', () => {
  test('ends after its span, and later when somebody asks again', () => {
    const { clock, holds } = holdsAt(0);
    holds.hold(a);
    holds.hold(b);
    clock.now = 60;
    holds.hold(a);
    clock.now = 100;
    assert.deepEqual([holds.isHeld(a), holds.isHeld(b)], [true, false]);
    assert.deepEqual([holds.remaining(a), holds.remaining(b)], [60, 0]);
    assert.deepEqual(holds.list(), [a]);
  });

  test('of somebody who pushed ends with the manifest that names it', () => {
    const { clock, holds } = holdsAt(0);
    holds.holdPushed(a);
    clock.now = 999;
    assert.equal(holds.isHeld(a), true);
    holds.used(a);
    assert.equal(holds.isHeld(a), false);
    holds.used(a);
    holds.holdPushed(a);
    assert.equal(holds.isHeld(a), true);
    clock.now = 2000;
    assert.deepEqual([holds.isHeld(a), holds.list()], [false, []]);
  });

  test('stays for who is still on the way, whoever comes first', () => {
    const { clock, holds } = holdsAt(0);
    holds.holdPushed(a);
    holds.hold(a);
    holds.used(a);
    clock.now = 500;
    assert.equal(holds.isHeld(a), true);
    holds.used(a);
    assert.equal(holds.isHeld(a), false);
  });

  test('of what was deleted by name ends', () => {
    const { holds } = holdsAt(0);
    holds.holdPushed(a);
    holds.hold(a);
    holds.letGo(a);
    assert.deepEqual([holds.isHeld(a), holds.list()], [false, []]);
  });

  test('lasts as long as the work that it is for', async () => {
    const { clock, holds } = holdsAt(0);
    const gate = Promise.withResolvers<void>();
    const work = holds.during([a, a, b], () => gate.promise);
    clock.now = 5000;
    assert.deepEqual([holds.isHeld(a), holds.isHeld(b)], [true, true]);
    assert.deepEqual(new Set(holds.list()), new Set([a, b]));
    gate.resolve();
    await work;
    assert.deepEqual([holds.isHeld(a), holds.remaining(b), holds.list()], [false, 0, []]);
  });

  test('of two who are at work ends with the later', async () => {
    const { clock, holds } = holdsAt(0);
    const gate = Promise.withResolvers<void>();
    const slow = holds.during([a], () => gate.promise);
    await assert.rejects(holds.during([a], () => Promise.reject(new Error('failed'))));
    clock.now = 5000;
    assert.equal(holds.isHeld(a), true);
    gate.resolve();
    await slow;
  });
});

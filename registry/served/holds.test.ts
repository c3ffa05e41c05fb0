import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { digestOf } from '../../content/digest.ts';
import { Holds } from './holds.ts';

const R = 'team/app';
const [a, b] = [digestOf('a'), digestOf('b')];

function holdsAt(start: number) {
  const clock = { now: start };
  return { clock, holds: new Holds(() => clock.now, { asked: 100, pushed: 1000 }) };
}

describe('a hold', () => {
  test('ends after its span, and later when somebody asks again', () => {
    const { clock, holds } = holdsAt(0);
    holds.hold(R, a);
    holds.hold(R, b);
    clock.now = 60;
    holds.hold(R, a);
    clock.now = 100;
    assert.deepEqual([holds.isHeld(R, a), holds.isHeld(R, b)], [true, false]);
    assert.deepEqual([holds.remaining(R, a), holds.remaining(R, b)], [60, 0]);
    assert.deepEqual([...(holds.list().get(R) ?? [])], [a]);
  });

  test('is for the repository that was asked', () => {
    const { holds } = holdsAt(0);
    holds.hold(R, a);
    holds.letGo('other', a);
    assert.deepEqual([holds.isHeld('other', a), holds.isHeld(R, a)], [false, true]);
  });

  test('of somebody who pushed ends with the manifest that names it', () => {
    const { clock, holds } = holdsAt(0);
    holds.holdPushed(R, a);
    clock.now = 999;
    assert.equal(holds.isHeld(R, a), true);
    holds.used(R, a);
    assert.equal(holds.isHeld(R, a), false);
    holds.used(R, a);
    holds.holdPushed(R, a);
    assert.equal(holds.isHeld(R, a), true);
    clock.now = 2000;
    assert.deepEqual([holds.isHeld(R, a), holds.list().get(R)], [false, undefined]);
  });

  test('stays for who is still on the way, whoever comes first', () => {
    const { clock, holds } = holdsAt(0);
    holds.holdPushed(R, a);
    holds.hold(R, a);
    holds.used(R, a);
    clock.now = 500;
    assert.equal(holds.isHeld(R, a), true);
    holds.used(R, a);
    assert.equal(holds.isHeld(R, a), false);
  });

  test('is ended by nobody else who can be told apart', () => {
    const { holds } = holdsAt(0);
    holds.holdPushed(R, a, 'ada');
    holds.used(R, a, 'ben');
    assert.equal(holds.isHeld(R, a), true);
    holds.used(R, a, 'ada');
    assert.equal(holds.isHeld(R, a), false);
  });

  test('of what was deleted by name ends', () => {
    const { holds } = holdsAt(0);
    holds.holdPushed(R, a);
    holds.hold(R, a);
    holds.letGo(R, a);
    assert.deepEqual([holds.isHeld(R, a), holds.list().get(R)], [false, undefined]);
  });

  test('lasts as long as the work that it is for', async () => {
    const { clock, holds } = holdsAt(0);
    const gate = Promise.withResolvers<void>();
    const work = holds.during([a, a, b], () => gate.promise);
    clock.now = 5000;
    assert.deepEqual([holds.isHeld(R, a), holds.isHeld(R, b)], [true, true]);
    assert.deepEqual(holds.list().get(undefined), new Set([a, b]));
    gate.resolve();
    await work;
    assert.deepEqual(
      [holds.isHeld(R, a), holds.remaining(R, b), holds.list().get(undefined)?.size],
      [false, 0, 0],
    );
  });

  test('of two who are at work ends with the later', async () => {
    const { clock, holds } = holdsAt(0);
    const gate = Promise.withResolvers<void>();
    const slow = holds.during([a], () => gate.promise);
    await assert.rejects(holds.during([a], () => Promise.reject(new Error('failed'))));
    clock.now = 5000;
    assert.equal(holds.isHeld(R, a), true);
    gate.resolve();
    await slow;
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { digestOf } from '../../content/digest.ts';
import { Pins } from './pins.ts';

const R = 'team/app';
const [a, b] = [digestOf('a'), digestOf('b')];

function pinsAt(start: number) {
  const clock = { now: start };
  return { clock, pins: new Pins(() => clock.now, { asked: 100, pushed: 1000 }) };
}

describe('a pin', () => {
  test('ends after its span, and later when somebody asks again', () => {
    const { clock, pins } = pinsAt(0);
    pins.pin(R, a);
    pins.pin(R, b);
    clock.now = 60;
    pins.pin(R, a);
    clock.now = 100;
    assert.deepEqual([pins.isPinned(R, a), pins.isPinned(R, b)], [true, false]);
    assert.deepEqual([pins.remaining(R, a), pins.remaining(R, b)], [60, 0]);
    assert.deepEqual([...(pins.list().get(R) ?? [])], [a]);
  });

  test('is for the repository that was asked', () => {
    const { pins } = pinsAt(0);
    pins.pin(R, a);
    pins.release('other', a);
    assert.deepEqual([pins.isPinned('other', a), pins.isPinned(R, a)], [false, true]);
  });

  test('of somebody who pushed ends with the manifest that names it', () => {
    const { clock, pins } = pinsAt(0);
    pins.pinPushed(R, a);
    clock.now = 999;
    assert.equal(pins.isPinned(R, a), true);
    pins.used(R, a);
    assert.equal(pins.isPinned(R, a), false);
    pins.used(R, a);
    pins.pinPushed(R, a);
    assert.equal(pins.isPinned(R, a), true);
    clock.now = 2000;
    assert.deepEqual([pins.isPinned(R, a), pins.list().get(R)], [false, undefined]);
  });

  test('stays for who is still on the way, whoever comes first', () => {
    const { clock, pins } = pinsAt(0);
    pins.pinPushed(R, a);
    pins.pin(R, a);
    pins.used(R, a);
    clock.now = 500;
    assert.equal(pins.isPinned(R, a), true);
    pins.used(R, a);
    assert.equal(pins.isPinned(R, a), false);
  });

  test('is ended by nobody else who can be told apart', () => {
    const { pins } = pinsAt(0);
    pins.pinPushed(R, a, 'ada');
    pins.used(R, a, 'ben');
    assert.equal(pins.isPinned(R, a), true);
    pins.used(R, a, 'ada');
    assert.equal(pins.isPinned(R, a), false);
  });

  test('of what was deleted by name ends', () => {
    const { pins } = pinsAt(0);
    pins.pinPushed(R, a);
    pins.pin(R, a);
    pins.release(R, a);
    assert.deepEqual([pins.isPinned(R, a), pins.list().get(R)], [false, undefined]);
  });

  test('lasts as long as the work that it is for', async () => {
    const { clock, pins } = pinsAt(0);
    const gate = Promise.withResolvers<void>();
    const work = pins.during([a, a, b], () => gate.promise);
    clock.now = 5000;
    assert.deepEqual([pins.isPinned(R, a), pins.isPinned(R, b)], [true, true]);
    assert.deepEqual(pins.list().get(undefined), new Set([a, b]));
    gate.resolve();
    await work;
    assert.deepEqual(
      [pins.isPinned(R, a), pins.remaining(R, b), pins.list().get(undefined)?.size],
      [false, 0, 0],
    );
  });

  test('of two who are at work ends with the later', async () => {
    const { clock, pins } = pinsAt(0);
    const gate = Promise.withResolvers<void>();
    const slow = pins.during([a], () => gate.promise);
    await assert.rejects(pins.during([a], () => Promise.reject(new Error('failed'))));
    clock.now = 5000;
    assert.equal(pins.isPinned(R, a), true);
    gate.resolve();
    await slow;
  });
});

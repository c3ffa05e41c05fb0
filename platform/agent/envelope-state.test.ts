import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EnvelopeState } from './envelope-state.ts';

const at = (seconds: number) => new Date(Date.UTC(2030, 0, 1, 0, 0, seconds));

test('a new envelope is not complete because the one before it was', () => {
  let seconds = 0;
  const state = new EnvelopeState(() => at(seconds));
  assert.equal(state.of('first').state, 'none');
  assert.equal(state.become('complete', 'first'), true);
  assert.equal(state.become('complete', 'first'), false);
  assert.equal(state.of('first').state, 'complete');
  seconds = 5;
  const accepted = at(4).toISOString();
  assert.deepEqual(state.of('second', accepted), { state: 'applying', since: accepted });
  assert.equal(state.become('applying', 'second'), true);
  assert.deepEqual(state.of('second', accepted), { state: 'applying', since: at(5).toISOString() });
});

test('the same state of another envelope is news, with a time of its own', () => {
  let seconds = 0;
  const state = new EnvelopeState(() => at(seconds));
  state.become('failed', 'first');
  seconds = 9;
  assert.equal(state.become('failed', 'second'), true);
  assert.equal(state.of('second').since, at(9).toISOString());
});

test('an envelope that was complete before a restart is not told to be applied once more', () => {
  const state = new EnvelopeState(() => at(0));
  assert.equal(state.of('held').state, 'none');
  state.begin('held');
  assert.equal(state.of('held').state, 'none');
  state.become('complete', 'held');
  assert.equal(state.of('held').state, 'complete');
});

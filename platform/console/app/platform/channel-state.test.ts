import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channelState } from './channel-state.ts';

test('a channel is as fresh as its first part to end, by the clock or by what was seen', () => {
  const at = (day: number) => Date.UTC(2026, 0, day);
  const seen = (end: number, last: number) => ({
    expiresAt: new Date(at(end)).toISOString(),
    lastSeenAt: new Date(at(last)).toISOString(),
  });
  assert.equal(channelState(seen(40, 1), at(2)).state, 'fresh');
  assert.equal(channelState(seen(16, 1), at(2)).state, 'ends soon');
  assert.equal(channelState(seen(16, 1), at(16)).state, 'not fresh');
  assert.equal(channelState(seen(40, 50), at(2)).state, 'not fresh', 'the clock is behind');
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isOpen, nextOpening } from './maintenance.ts';

const at = (text: string) => new Date(text);

describe('maintenance windows', () => {
  test('any time is right where none is named', () => {
    assert.ok(isOpen(undefined, at('2026-03-01T12:00:00Z')));
    assert.ok(isOpen([], at('2026-03-01T12:00:00Z')));
  });

  test('a window is open from its start for its minutes, on its days, also over midnight', () => {
    // 2026-03-06 is a Friday.
    const windows = [{ days: ['fri' as const], start: '23:00', minutes: 120 }];
    assert.ok(!isOpen(windows, at('2026-03-06T22:59:59Z')));
    assert.ok(isOpen(windows, at('2026-03-06T23:00:00Z')));
    assert.ok(isOpen(windows, at('2026-03-07T00:59:59Z')));
    assert.ok(!isOpen(windows, at('2026-03-07T01:00:00Z')));
    assert.ok(!isOpen(windows, at('2026-03-07T23:30:00Z')));
    assert.deepEqual(nextOpening(windows, at('2026-03-07T01:00:00Z')), at('2026-03-13T23:00:00Z'));
  });

  test('a window keeps to the wall clock when clocks change', () => {
    const windows = [{ start: '09:00', minutes: 60, timeZone: 'Europe/Berlin' }];
    // Berlin goes from UTC+1 to UTC+2 on 2026-03-29, and back on 2026-10-25.
    assert.deepEqual(nextOpening(windows, at('2026-03-27T12:00:00Z')), at('2026-03-28T08:00:00Z'));
    assert.deepEqual(nextOpening(windows, at('2026-03-28T12:00:00Z')), at('2026-03-29T07:00:00Z'));
    assert.deepEqual(nextOpening(windows, at('2026-10-24T12:00:00Z')), at('2026-10-25T08:00:00Z'));
  });

  test('a start that is left out when clocks are set forward opens as much later; one that comes twice opens once', () => {
    const windows = [{ start: '02:30', minutes: 30, timeZone: 'Europe/Berlin' }];
    assert.deepEqual(nextOpening(windows, at('2026-03-28T12:00:00Z')), at('2026-03-29T01:30:00Z'));
    assert.ok(isOpen(windows, at('2026-03-29T01:45:00Z')));
    assert.deepEqual(nextOpening(windows, at('2026-10-24T12:00:00Z')), at('2026-10-25T00:30:00Z'));
    assert.ok(!isOpen(windows, at('2026-10-25T01:35:00Z')));
  });

  test('a window in a time zone that does not exist is never open', () => {
    const windows = [{ start: '00:00', minutes: 1440, timeZone: 'Nowhere/Land' }];
    assert.ok(!isOpen(windows, at('2026-03-29T01:45:00Z')));
    assert.equal(nextOpening(windows, at('2026-03-29T01:45:00Z')), undefined);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Schedule } from './schedule.ts';

const at = (text: string) => Date.parse(text);

test('a cron expression of five parts says when runs are due, in the zone that is named', () => {
  const utc = parsed('0 2 * * *');
  assert.equal(utc.after(at('2026-03-01T01:59:00Z')), at('2026-03-01T02:00:00Z'));
  assert.equal(utc.after(at('2026-03-01T02:00:00Z')), at('2026-03-02T02:00:00Z'));
  assert.equal(utc.intervalAfter(at('2026-03-01T02:00:00Z')), 86_400_000);
  const oslo = parsed('0 2 * * *', 'Europe/Oslo');
  assert.equal(oslo.after(at('2026-03-01T00:00:00Z')), at('2026-03-01T01:00:00Z'));
});

test('what is no expression, or is never due, is refused in words', () => {
  for (const bad of ['', 'daily', '61 * * * *', '0 0 30 2 *', '* * * * * *'])
    assert.equal(typeof Schedule.parse(bad), 'string', bad);
  assert.equal(typeof Schedule.parse('0 2 * * *', 'Mars/Olympus'), 'string');
});

test('the longest interval is that of nights and week-ends where nothing is due', () => {
  const monday = at('2026-01-05T09:00:00Z');
  const day = 86_400_000;
  assert.equal(parsed('0 2 * * 1-5').longestIntervalAfter(monday), 3 * day);
  assert.equal(parsed('*/5 8-17 * * 1-5').longestIntervalAfter(monday), 2 * day + (14 * 60 + 5) * 60_000);
  assert.equal(parsed('0 * * * *').longestIntervalAfter(monday), day / 24);
  assert.equal(parsed('0 0 1 1 *').longestIntervalAfter(monday), 366 * day);
});

test('a spread run begins after it is due and within half of the interval', () => {
  const schedule = parsed('*/10 * * * *');
  const time = at('2026-01-01T00:01:00Z');
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 0, max: 86_400_000 }),
      (random, spread) => {
        const late = schedule.spreadAfter(time, spread, random) - schedule.after(time);
        assert.ok(late >= 0 && late <= Math.min(spread, 300_000));
      },
    ),
  );
});

function parsed(expression: string, zone?: string): Schedule {
  const schedule = Schedule.parse(expression, zone);
  assert.ok(typeof schedule !== 'string');
  return schedule;
}

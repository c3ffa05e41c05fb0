import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEvents, NO_EVENT } from '../../desired/events.ts';
import { EMPTY_JOURNAL } from './journal.ts';
import { countedOnFrom, isPartOf, MAX_EVENTS, withEvent, withoutKnown } from './outbox.ts';

const AT = '2026-01-01T00:00:00.000Z';

test('events are numbered without a gap and chained, also over those that were not kept', () => {
  let outbox: ReturnType<typeof withEvent> = EMPTY_JOURNAL;
  const all = [];
  for (let index = 0; index < 3 * MAX_EVENTS; index++) {
    const before = outbox.lastEvent.number;
    outbox = withEvent(outbox, { at: AT, kind: 'applied', subject: `layer ${index}` });
    all.push(...outbox.events.filter(({ number }) => number > before));
  }
  assert.ok(outbox.events.length <= MAX_EVENTS);
  assert.deepEqual(checkEvents(NO_EVENT, all), outbox.lastEvent);
  assert.ok(outbox.events.some(({ kind }) => kind === 'gap'));
});

test('what the hub has is kept no longer, and the count goes on', () => {
  let outbox = withEvent(EMPTY_JOURNAL, { at: AT, kind: 'applied', subject: 'one' });
  outbox = withEvent(outbox, { at: AT, kind: 'applied', subject: 'two' });
  outbox = withoutKnown(outbox, 1);
  assert.deepEqual(
    outbox.events.map(({ number }) => number),
    [2],
  );
  assert.equal(withEvent(outbox, { at: AT, kind: 'failed', subject: 'three' }).lastEvent.number, 3);
});

test('an agent that has lost its state counts on from what the hub knows, and says so', () => {
  const outbox = countedOnFrom(EMPTY_JOURNAL, 41, 0, AT);
  assert.deepEqual(
    outbox.events.map(({ number, kind, previous }) => [number, kind, previous]),
    [[42, 'gap', '']],
  );
  assert.equal(isPartOf(outbox, { number: 43, hash: '' }), false);
  assert.equal(isPartOf(outbox, outbox.lastEvent), true);
});

test('an agent that is as old as a copy of it sends what has happened since, behind what the hub has', () => {
  const copy = withEvent(EMPTY_JOURNAL, { at: AT, kind: 'drift', subject: 'before' });
  const known = copy.lastEvent.number;
  const theirs = withEvent(copy, { at: AT, kind: 'drift', subject: 'theirs' });
  const ours = withEvent(copy, { at: AT, kind: 'drift', subject: 'ours' });
  assert.equal(isPartOf(ours, theirs.lastEvent), false);
  assert.equal(
    isPartOf(withEvent(ours, { at: AT, kind: 'drift', subject: 'more' }), theirs.lastEvent),
    false,
  );
  assert.equal(isPartOf(ours, copy.lastEvent), true);
  const { events } = countedOnFrom(ours, theirs.lastEvent.number, known, AT);
  assert.deepEqual(
    events.map(({ number, kind, subject }) => [number, kind, subject]),
    [
      [3, 'gap', 'events'],
      [4, 'drift', 'ours'],
    ],
  );
});

test('the longest events fit into an object beside the longest report', () => {
  let outbox: ReturnType<typeof withEvent> = EMPTY_JOURNAL;
  const [subject, detail, by] = ['€'.repeat(400), '€'.repeat(500), '€'.repeat(200)];
  for (let index = 0; index < MAX_EVENTS; index++)
    outbox = withEvent(outbox, { at: AT, kind: 'drift', subject, detail, by });
  assert.ok(outbox.events.length > 10);
  assert.ok(Buffer.byteLength(JSON.stringify(outbox)) < 256 * 1024);
});

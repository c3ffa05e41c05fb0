import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { appendEvent, checkEvents, markOf, NO_EVENT } from './events.ts';

const AT = '2030-01-01T00:00:00Z';
const first = appendEvent(NO_EVENT, { at: AT, kind: 'accepted', subject: 'envelope 1' });
const second = appendEvent(markOf(first), { at: AT, kind: 'applied', subject: 'podinfo' });
const third = appendEvent(markOf(second), { at: AT, kind: 'drift', subject: 'Deployment.apps web/web' });
const isBroken = (error: unknown) => isSkerryError(error, 'EVENTS_BROKEN');

describe('the chain of events', () => {
  test('is whole from its start and from any link', () => {
    assert.deepEqual(checkEvents(NO_EVENT, [first, second, third]), markOf(third));
    assert.deepEqual(checkEvents(markOf(first), [second, third]), markOf(third));
    assert.deepEqual(checkEvents(NO_EVENT, []), NO_EVENT);
  });

  test('shows what was changed, left out, put twice or put elsewhere', () => {
    for (const events of [
      [first, third],
      [second, third],
      [first, first],
      [second, first],
      [{ ...first, subject: 'envelope 2' }, second],
      [first, { ...third, number: 2 }],
    ])
      assert.throws(() => checkEvents(NO_EVENT, events), isBroken);
  });
});

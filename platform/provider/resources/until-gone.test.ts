import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSkerryError } from '../../../content/error.ts';
import { untilGone } from './until-gone.ts';

const { signal } = new AbortController();
const log = () => undefined;

describe('what was deleted', () => {
  test('is waited for until it is gone', async () => {
    let left = 2;
    await untilGone('thing', { signal, log }, async () => left-- > 0);
    assert.equal(left, -1);
  });

  test('is said to be there still when it does not go', async () => {
    const waiting = untilGone('thing', { signal, log }, async () => true, 1);
    await assert.rejects(waiting, (error) => isSkerryError(error, 'OBJECT_NOT_GONE'));
  });

  test('is waited for no longer than the user does', async () => {
    const stopped = new AbortController();
    const waiting = untilGone('thing', { signal: stopped.signal, log }, async () => {
      stopped.abort();
      return true;
    });
    await assert.rejects(waiting, { name: 'AbortError' });
  });
});

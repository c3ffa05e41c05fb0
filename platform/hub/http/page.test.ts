import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isSkerryError } from '../../../content/error.ts';
import { cutPage } from './page.ts';

const isAfter = (name: string, last: string) => name > last;

function walk(names: readonly string[], limit: number): string[] {
  const seen: string[] = [];
  let token: string | undefined;
  for (;;) {
    const page = cutPage(names, { limit, continue: token }, isAfter);
    assert.ok(page.names.length <= limit);
    seen.push(...page.names);
    if (page.next === undefined) return seen;
    token = page.next;
  }
}

test('all pages together are the list, whatever the page size', () => {
  const list = fc.uniqueArray(fc.string({ minLength: 1 })).map((names) => names.sort());
  fc.assert(
    fc.property(list, fc.integer({ min: 1, max: 20 }), (names, limit) => {
      assert.deepEqual(walk(names, limit), names);
    }),
  );
});

test('a list that changes between two pages neither repeats nor skips what stays in it', () => {
  const { next } = cutPage(['a', 'c', 'e'], { limit: 2, continue: undefined }, isAfter);
  const second = cutPage(['b', 'd', 'e'], { limit: 2, continue: next }, isAfter);
  assert.deepEqual(second.names, ['d', 'e']);
});

test('a token that the hub did not make is refused', () => {
  for (const token of ['abc', 'djI6YQ', 'djE6YQ==', '%']) {
    assert.throws(
      () => cutPage(['a'], { limit: 1, continue: token }, isAfter),
      (error) => isSkerryError(error, 'REQUEST_INVALID') && error.subject === 'continue',
    );
  }
});

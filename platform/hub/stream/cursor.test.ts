import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cursorText, readCursor, sightMark } from './cursor.ts';

test('a cursor comes back as it was made, and nothing else is one', () => {
  const cursor = {
    sight: 'abc',
    positions: new Map([
      ['clusters', '12'],
      ['alerts', ''],
    ]),
  };
  assert.deepEqual(readCursor(cursorText(cursor)), cursor);
  for (const text of ['', 'x', '12345', Buffer.from('1;a;').toString('base64url')])
    assert.equal(readCursor(text), undefined);
});

test('the mark of a sight is another where other projects are seen', () => {
  const mark = (...projects: string[]) => sightMark(new Map([['clusters', new Set(projects)]]));
  assert.equal(mark('a', 'b'), mark('b', 'a'));
  assert.notEqual(mark('a'), mark('a', 'b'));
  assert.notEqual(mark('a'), sightMark(new Map([['clusters', 'all']])));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatUploadRange, parseContentRange, parseRange } from './range.ts';

test('a range never leaves the content, whatever the header says', () => {
  const bound = fc.oneof(
    fc.constant(''),
    fc.nat(3000).map(String),
    fc.bigInt({ min: 0n, max: 10n ** 20n }).map(String),
  );
  fc.assert(
    fc.property(bound, bound, fc.nat(2000), (from, to, size) => {
      const range = parseRange(`bytes=${from}-${to}`, size);
      if (range === undefined || range === 'unsatisfiable') return;
      assert.ok(0 <= range.first && range.first <= range.last && range.last < size);
      if (from !== '') assert.equal(range.first, Number(from));
    }),
    { numRuns: 300 },
  );
});

test('any text is taken for a range, for none, or for one that cannot be', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseRange(text, 100);
      parseContentRange(text);
    }),
    { numRuns: 300 },
  );
});

test('a chunk range is read in both of the forms in use', () => {
  assert.deepEqual(parseContentRange('0-99'), { first: 0, last: 99 });
  assert.deepEqual(parseContentRange('bytes 100-199/*'), { first: 100, last: 199 });
  assert.deepEqual(parseContentRange('bytes=100-199/1000'), { first: 100, last: 199 });
  for (const bad of ['', '1', '5-4', 'a-b', '1-2-3', '-5', '5-', '1.5-2'])
    assert.equal(parseContentRange(bad), undefined, bad);
});

test('the range of an upload ends at its last byte', () => {
  assert.equal(formatUploadRange(0), '0-0');
  assert.equal(formatUploadRange(1), '0-0');
  assert.equal(formatUploadRange(1000), '0-999');
});

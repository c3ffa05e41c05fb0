import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pack, unpack } from './pack.ts';

test('files come out of a pack as they went in, under their names', () => {
  const files = fc.dictionary(fc.string(), fc.uint8Array());
  fc.assert(
    fc.property(files, (named) => {
      const all = new Map(Object.entries(named));
      const bytesOf = unpack(pack(all));
      for (const [name, bytes] of all) assert.ok(bytesOf(name).equals(bytes), name);
    }),
  );
});

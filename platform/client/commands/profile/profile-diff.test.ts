import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differenceLines, differences } from './profile-diff.ts';

test('profiles are compared pack by pack, with their order and the lines of their values', () => {
  const before = {
    version: '1.0.0',
    packs: [
      { name: 'a', version: '1', values: 'x: 1\ny: 2\nz: 3\n' },
      { name: 'b', version: '1' },
      { name: 'c', version: '1' },
    ],
  };
  const after = {
    version: '1.1.0',
    packs: [
      { name: 'b', version: '1' },
      { name: 'a', version: '1', values: 'x: 1\ny: 5\nz: 3\n' },
      { name: 'd', version: '2' },
    ],
  };
  assert.deepEqual(differenceLines(differences(before, after)), [
    '~ version: 1.0.0 -> 1.1.0',
    '~ packs.order: ["a","b","c"] -> ["b","a","d"]',
    '~ packs.a.values:',
    '    - y: 2',
    '    + y: 5',
    '- packs.c: {"name":"c","version":"1"}',
    '+ packs.d: {"name":"d","version":"2"}',
  ]);
  assert.deepEqual(differences(before, before), []);
});

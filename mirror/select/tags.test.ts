import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TagRules } from '../file/job-schema.ts';
import { newestCreated, selectTags } from './tags.ts';

const LISTED = [
  '1.0.0',
  '1.2.0',
  '1.10.0',
  '1.10.0-rc.1',
  'v2.0.0',
  '2.1.0_build',
  'latest',
  'edge',
  `sha256-${'a'.repeat(64)}.sig`,
];
const rules = (given: Partial<TagRules>): TagRules => ({ prereleases: false, ...given });

test('without rules every tag is taken but those that only belong to an image', () => {
  assert.deepEqual(selectTags(LISTED, undefined), LISTED.slice(0, -1));
});

const CASES: Record<string, [Partial<TagRules>, string[]]> = {
  'a range of versions, with and without a v': [{ semver: '>=1.10 <3' }, ['1.10.0', 'v2.0.0', '2.1.0_build']],
  'a range with prereleases': [{ semver: '^1.10.0-0', prereleases: true }, ['1.10.0', '1.10.0-rc.1']],
  'an expression, which must fit the whole tag': [{ match: 'late|edge' }, ['edge']],
  'what an exception takes away again': [{ match: 'edge|latest', except: 'l.*' }, ['edge']],
  'the newest versions, not the last in the alphabet': [
    { newest: { count: 2, by: 'semver' }, semver: '1' },
    ['1.10.0', '1.2.0'],
  ],
  'names alone, listed or not': [{ names: ['edge', 'absent'] }, ['edge', 'absent']],
  'names beside other rules': [{ names: ['edge'], semver: '2' }, ['edge', 'v2.0.0', '2.1.0_build']],
  'digests alone, and no tag': [{ digests: [`sha256:${'b'.repeat(64)}`] }, []],
};
for (const [title, [given, expected]] of Object.entries(CASES)) {
  test(`rules select ${title}`, () => assert.deepEqual(selectTags(LISTED, rules(given)), expected));
}

test('the newest by date: what has no date is oldest', () => {
  const dated = [
    { tag: 'a', created: 5 },
    { tag: 'b', created: undefined },
    { tag: 'c', created: 9 },
    { tag: 'd', created: 5 },
  ];
  assert.deepEqual(newestCreated(dated, 3), ['c', 'd', 'a']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import semver from 'semver';
import { PackVersion, tagOf, versionOf } from './pack-format.ts';
import { TAG_GRAMMAR } from './reference.ts';

const number = fc.nat({ max: 999 }).map(String);
const identifier = fc.stringMatching(/^[0-9A-Za-z-]{1,8}$/);
const version = fc
  .tuple(number, number, number, fc.option(identifier), fc.option(identifier))
  .map(([major, minor, patch, pre, build]) => {
    return `${major}.${minor}.${patch}${pre === null ? '' : `-${pre}`}${build === null ? '' : `+${build}`}`;
  });

test('whatever semver takes as a version is taken here, and comes back whole from its tag', () => {
  fc.assert(
    fc.property(version, (text) => {
      if (semver.valid(text) === null) return;
      assert.equal(PackVersion.parse(text), text);
      assert.match(tagOf(text), TAG_GRAMMAR);
      assert.equal(versionOf(tagOf(text)), text);
    }),
  );
});

test('tags that are no versions are left alone', () => {
  for (const tag of ['latest', 'v1.2.3', '1.2', '01.2.3', '1.2.3-', `sha256-${'a'.repeat(64)}`]) {
    assert.equal(versionOf(tag), undefined, tag);
  }
});

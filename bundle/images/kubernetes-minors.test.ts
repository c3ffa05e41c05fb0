import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import semver from 'semver';
import { minorsOf } from './kubernetes-minors.ts';

const cases: readonly [string, string[], object?][] = [
  ['>=1.31 <1.36', ['1.31.0', '1.32.0', '1.33.0', '1.34.0', '1.35.0']],
  ['>=1.31.0-0 <1.33.0-0', ['1.31.0', '1.32.0']],
  ['1.32.x || 1.34.x', ['1.32.0', '1.34.0']],
  ['>=1.32.5 <1.34', ['1.32.5', '1.33.0']],
  ['~1.33.2', ['1.33.2']],
  ['1.30.4', ['1.30.4']],
  ['>=1.36', ['1.36.0', '1.37.0'], { newest: '1.37' }],
  ['>=1.50', ['1.50.0'], { newest: '1.50' }],
  ['<1.30', ['1.28.0', '1.29.0'], { oldest: '1.28' }],
];
for (const [range, versions, boundedAt] of cases) {
  test(`${range} holds ${versions.join(', ')}`, () => {
    const minors = minorsOf(range);
    assert.deepEqual(minors.versions, versions);
    assert.deepEqual(minors.boundedAt, boundedAt);
  });
}

test('every version is in the range, and no two are of one minor', () => {
  const minor = fc.integer({ min: 20, max: 45 });
  fc.assert(
    fc.property(minor, minor, (from, to) => {
      fc.pre(from < to);
      const range = `>=1.${from} <1.${to}`;
      const { versions } = minorsOf(range);
      assert.equal(versions.length, to - from);
      for (const version of versions) assert.ok(semver.satisfies(version, range));
    }),
  );
});

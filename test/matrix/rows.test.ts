import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import semver from 'semver';
import { PROJECT } from '../install/product.ts';
import { rangeOf, rowName, rowsOf } from './rows.ts';

test('a range is tried at both of its ends, and with nftables at the newest', () => {
  assert.deepEqual(rowsOf('>=1.34 <1.37').map(rowName), ['1.34', '1.36', '1.36-nftables']);
  assert.deepEqual(rowsOf('>=1.99'), []);
});

test('the release claims no version below the oldest or above the newest that can be tried', async () => {
  const range = await rangeOf(join(PROJECT, 'manifests/release.yaml'));
  const minors = rowsOf(range).map(({ kubernetes }) => kubernetes);
  const [oldest = '', newest = ''] = [minors[0], minors.at(-1)];
  const minor = (version: string, by: number) => `1.${Number(version.slice(2)) + by}.0`;
  assert.equal(semver.satisfies(minor(oldest, -1), range), false);
  assert.equal(semver.satisfies(minor(newest, 1), range), false);
});

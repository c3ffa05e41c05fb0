import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withDigests } from './profile-digests.ts';

test('packs of the private registry without a digest get that of their version, and no others', async () => {
  const asked: string[] = [];
  const digestOf = async (name: string, version: string) => {
    asked.push(`${name}@${version}`);
    return 'sha256:found';
  };
  const pinned = { name: 'b', version: '1.0.0', digest: 'sha256:given' };
  const elsewhere = { name: 'c', version: '1.0.0', registry: 'theirs' };
  const spec = {
    name: 'base',
    packs: [{ name: 'a', version: '2.0.0', preset: 'big' }, pinned, elsewhere, 7],
  };
  assert.deepEqual(await withDigests(spec, digestOf), {
    name: 'base',
    packs: [{ name: 'a', version: '2.0.0', preset: 'big', digest: 'sha256:found' }, pinned, elsewhere, 7],
  });
  assert.deepEqual(asked, ['a@2.0.0']);
  const broken = { name: 'base', packs: 'none' };
  assert.equal(await withDigests(broken, digestOf), broken);
});

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { ClusterProfileSpec, MAX_PACKS, MAX_VALUES_BYTES } from './cluster-profile.ts';
import { definitionFile, definitionYaml } from './generate.ts';
import { kinds } from './kinds.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('cluster profiles', () => {
  for (const kind of kinds) {
    test(`the committed definition of ${kind.kind} is what its schema gives`, async () => {
      const committed = await readFile(definitionFile(kind), 'utf8').catch(() => '');
      assert.equal(committed, definitionYaml(kind), 'run "node platform/api/generate.ts"');
    });
  }

  test('the largest profile that is accepted leaves half of 64 KiB for metadata and managed fields', () => {
    const pack = (index: number) => ({
      name: `p${index}`.padEnd(53, 'x'),
      version: `1.0.0-${'x'.repeat(58)}`,
      digest: `sha512:${'a'.repeat(128)}`,
      values: '',
    });
    const spec = {
      name: 'big',
      version: '1.0.0',
      packs: Array.from({ length: MAX_PACKS }, (_, index) => pack(index)),
    };
    assert.ok(ClusterProfileSpec.safeParse(spec).success);
    const bytes = JSON.stringify(spec).length + MAX_VALUES_BYTES;
    assert.ok(bytes <= 40 * 1024, `${bytes} bytes`);
  });

  test('a profile names each pack with version and digest, and takes no other field', () => {
    const pack = { name: 'podinfo', version: '6.9.0', digest: DIGEST };
    const accepted = (packs: object[]) =>
      ClusterProfileSpec.safeParse({ name: 'web', version: '1.0.0', packs }).success;
    assert.ok(accepted([pack]));
    assert.ok(accepted([{ ...pack, values: 'a:\n\tb: "ü😀"\r\n' }]));
    assert.ok(!accepted([]));
    assert.ok(!accepted([{ ...pack, digest: 'sha256:1234' }]));
    assert.ok(!accepted([{ ...pack, version: 'latest' }]));
    assert.ok(!accepted([{ ...pack, name: 'Pod_Info' }]));
    assert.ok(!accepted([{ ...pack, values: 'bell\u0007' }]));
    assert.ok(!accepted([{ ...pack, registry: 'elsewhere.example' }]));
    assert.ok(!accepted(Array.from({ length: MAX_PACKS + 1 }, () => pack)));
  });
});

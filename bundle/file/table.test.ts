import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { BundleWriter } from './bundle-writer.ts';
import { arrange, blobName, formatTable, parseTable } from './table.ts';
import { BLOCK_BYTES, paddedSize } from './tar-header.ts';

const entry = fc
  .tuple(fc.string(), fc.nat(2 ** 31))
  .map(([text, size]) => ({ digest: digestOf(text), size }));

test('a table is read back as it was written', () => {
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      assert.deepEqual(parseTable(formatTable(entries)), entries);
    }),
  );
});

test('everything in a bundle lies behind what comes before, without gaps', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(entry), (indexJson, entries) => {
      const { front, places, size } = arrange(indexJson, entries);
      let offset = 0;
      const files = front.map(({ text, ...at }) => ({ ...at, size: Buffer.byteLength(text) }));
      for (const { header, start, size } of [...files, ...places]) {
        assert.deepEqual([header, start], [offset, offset + BLOCK_BYTES]);
        offset = start + paddedSize(size);
      }
      assert.equal(size, offset + 2 * BLOCK_BYTES);
      assert.equal(places.length, entries.length);
    }),
  );
});

test('content that a bundle cannot hold is refused before anything is written', async () => {
  const path = join(await testFolder('table'), 'x.bundle.tar');
  const entries = [{ digest: digestOf('x', 'sha512'), size: 1 }];
  const unsupported = (error: unknown) => isSkerryError(error, 'DIGEST_UNSUPPORTED');
  await assert.rejects(BundleWriter.open(path, [], entries), unsupported);
  assert.deepEqual(await readdir(join(path, '..')), []);
});

test('what is no table is none, also when it is large', () => {
  const digest = digestOf('x');
  for (const rows of [
    '1',
    '{}',
    '[]',
    '["x",1]',
    row(-1),
    row(1.5),
    row('1'),
    row(2 ** 53),
    row(1, 2),
    '[1]',
  ])
    assert.equal(parseTable(`{"version":1,"blobs":[${rows}]}`), undefined, rows);
  assert.equal(parseTable(`{"version":2,"blobs":[]}`), undefined);
  assert.equal(parseTable(`{"version":1,"blobs":[],"more":1}`), undefined);
  assert.equal(parseTable(''), undefined);
  assert.equal(parseTable(`{"version":1,"blobs":[${'[],'.repeat(5_000_000)}[]]}`), undefined);
  assert.equal(blobName(digest), `blobs/sha256/${digest.slice(7)}`);

  function row(...sizes: unknown[]): string {
    return JSON.stringify([digest, ...sizes]);
  }
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { BLOCK_BYTES, formatHeader, paddedSize, parseHeader } from './tar-header.ts';

const GIB = 1024 ** 3;
const name = fc
  .array(fc.constantFrom(...'abcdef0123456789/'), { minLength: 1, maxLength: 100 })
  .map((characters) => characters.join(''));

test('a header that is written is read back, whatever the size', () => {
  fc.assert(
    fc.property(name, fc.maxSafeNat(), (name, size) => {
      assert.deepEqual(parseHeader(formatHeader(name, size)), { name, size, type: '0' });
    }),
  );
  for (const size of [0, 8 * GIB - 1, 8 * GIB, Number.MAX_SAFE_INTEGER])
    assert.equal(parseHeader(formatHeader('x', size))?.size, size);
  assert.throws(() => formatHeader('x'.repeat(101), 1), RangeError);
});

test('tar reads the headers too, also of files over 8 GiB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skerry-tar-'));
  const path = join(folder, 'x.tar');
  const sizes = fc.oneof(fc.nat(10_000), fc.integer({ min: 7 * GIB, max: 12 * GIB }));
  fc.assert(
    fc.property(sizes, (size) => {
      writeFileSync(path, formatHeader('blobs/sha256/abc', size));
      // With holes, so that it takes no space.
      truncateSync(path, BLOCK_BYTES + paddedSize(size) + 2 * BLOCK_BYTES);
      const listed = execFileSync('tar', ['-tvf', path], { encoding: 'utf8' });
      assert.match(listed, new RegExp(`^-rw-r--r-- 0/0 +${size} 1970-01-01 .* blobs/sha256/abc\n$`));
    }),
    { numRuns: 10, examples: [[8 * GIB - 1], [8 * GIB], [0]] },
  );
  rmSync(folder, { recursive: true });
});

test('a size that no file can have makes the header none at all', () => {
  for (const size of ['-0000000512\0', '7777777777z\0', '0x000000200\0', '99999999999\0', '+0000000512\0'])
    assert.equal(parseHeader(withSize(Buffer.from(size))), undefined, size);
  const base256 = (first: number, rest: string) => Buffer.from([first, ...Buffer.from(rest, 'hex')]);
  for (const size of [
    base256(0xff, 'fffffffffffffffffffe00'),
    base256(0x80, '0000007fffffffffffffff'),
    base256(0x80, '0100000000000000000000'),
    base256(0xc0, '0000000000000000000200'),
  ])
    assert.equal(parseHeader(withSize(size)), undefined, size.toString('hex'));
  assert.equal(
    parseHeader(withSize(Buffer.from('       1000 ')))?.size,
    512,
    'blanks, as old tars write them',
  );
  assert.equal(parseHeader(withSize(base256(0x80, '0000000000000000000200')))?.size, 512);
});

test('any block is read as a header or as none, and a flipped byte as none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: BLOCK_BYTES }), (bytes) => {
      const entry = parseHeader(bytes);
      assert.ok(entry === undefined || (Number.isSafeInteger(entry.size) && entry.size >= 0));
    }),
  );
  fc.assert(
    fc.property(fc.nat(BLOCK_BYTES - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const header = formatHeader('blobs/sha256/abc', 1234);
      header[at] = (header[at] ?? 0) ^ change;
      // The last two bytes of the checksum's field end it, and mean nothing.
      if (at < 154 || at > 155)
        assert.notDeepEqual(parseHeader(header), { name: 'blobs/sha256/abc', size: 1234, type: '0' });
    }),
  );
  assert.equal(parseHeader(Buffer.alloc(BLOCK_BYTES)), undefined);
});

function withSize(field: Buffer): Buffer {
  const header = formatHeader('x', 0);
  field.copy(header, 124);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

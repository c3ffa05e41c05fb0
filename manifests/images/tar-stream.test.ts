import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { execa } from 'execa';
import { Parser, type ReadEntry } from 'tar';
import { contentOfBytes, type FileContent } from './file-content.ts';
import type { FileEntry } from './file-tree.ts';
import { tarStream } from './tar-stream.ts';

const DEEP = `${'folder/'.repeat(20)}file`;
const LONG_NAME = `a/${'n'.repeat(120)}`;
const FOREIGN = 'etc/Főtanúsítvány.crt';

const entries: FileEntry[] = [
  { path: 'bin', type: 'symlink', target: 'usr/bin', uid: 0, gid: 0 },
  { path: 'data', type: 'directory', mode: 0o1777, uid: 65532, gid: 65532 },
  { path: DEEP, type: 'file', mode: 0o755, uid: 0, gid: 0, content: contentOfBytes('x'.repeat(513)) },
  { path: LONG_NAME, type: 'file', mode: 0o644, uid: 0, gid: 0, content: contentOfBytes('') },
  { path: FOREIGN, type: 'symlink', target: `../${'t'.repeat(150)}`, uid: 0, gid: 0 },
];

test('a tar is read back by another implementation as it was written', async () => {
  const read = await parse(await bytesOf(entries));
  assert.deepEqual(
    read.map(({ path, type, mode, uid, size, linkpath }) => ({ path, type, mode, uid, size, linkpath })),
    [
      { path: 'bin', type: 'SymbolicLink', mode: 0o777, uid: 0, size: 0, linkpath: 'usr/bin' },
      { path: 'data/', type: 'Directory', mode: 0o1777, uid: 65532, size: 0, linkpath: '' },
      { path: DEEP, type: 'File', mode: 0o755, uid: 0, size: 513, linkpath: '' },
      { path: LONG_NAME, type: 'File', mode: 0o644, uid: 0, size: 0, linkpath: '' },
      {
        path: FOREIGN,
        type: 'SymbolicLink',
        mode: 0o777,
        uid: 0,
        size: 0,
        linkpath: `../${'t'.repeat(150)}`,
      },
    ],
  );
  assert.ok(read.every(({ mtime }) => mtime === 0));
});

test('GNU tar lists the same paths without a complaint', async () => {
  const env = { LC_ALL: 'C.UTF-8' };
  const { stdout, stderr } = await execa('tar', ['--list', '--quoting-style=literal'], {
    input: await bytesOf(entries),
    env,
  });
  assert.deepEqual(stdout.split('\n'), ['bin', 'data/', DEEP, LONG_NAME, FOREIGN]);
  assert.equal(stderr, '');
});

test('the bytes of a tar are a fixed function of its entries', async () => {
  const digest = createHash('sha256')
    .update(await bytesOf(entries))
    .digest('hex');
  assert.equal(digest, EXPECTED);
});

test('a tar is a whole number of records of 10240 bytes', async () => {
  const full = contentOfBytes(Buffer.alloc(10240 - 3 * 512));
  const file: FileEntry = { path: 'full', type: 'file', mode: 0o644, uid: 0, gid: 0, content: full };
  assert.equal((await bytesOf([])).byteLength, 10240);
  assert.equal((await bytesOf([file])).byteLength, 10240);
  assert.equal((await bytesOf([file, { ...file, path: 'more' }])).byteLength, 20480);
});

test('a file that ustar has no room for gets its size in a pax header', async () => {
  const content: FileContent = { ...contentOfBytes(''), size: 8 * 1024 ** 3 };
  const stream = tarStream([{ path: 'big', type: 'file', mode: 0o644, uid: 0, gid: 0, content }]);
  const { value } = await stream.next();
  assert.ok(value !== undefined);
  assert.match(Buffer.from(value).toString('latin1'), /19 size=8589934592\n/);
});

// Changes only together with the format, and then every image gets a new digest.
const EXPECTED = '3ba2a8a617488801cddba96cdf99eced2fd33b87a0848ce7a57dd70876a6c0ed';

async function bytesOf(list: readonly FileEntry[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tarStream(list)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function parse(bytes: Buffer) {
  const found: {
    path: string;
    type: string;
    mode: number;
    uid: number;
    size: number;
    linkpath: string;
    mtime: number;
  }[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry: ReadEntry) => {
      const { path, type, mode = -1, uid = -1, size, linkpath = '', mtime } = entry;
      found.push({ path, type, mode, uid, size, linkpath, mtime: mtime?.getTime() ?? -1 });
      entry.resume();
    },
  });
  parser.on('end', resolve).on('error', reject);
  parser.end(bytes);
  await promise;
  return found;
}

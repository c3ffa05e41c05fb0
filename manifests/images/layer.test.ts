import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { contentOfBytes, type FileContent } from './file-content.ts';
import { FileTree } from './file-tree.ts';
import { makeLayer } from './layer.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skerry-layer-'));
});
after(async () => await rm(folder, { recursive: true }));

// Text that compresses well enough for the compressor to have choices.
const TEXT = Buffer.from(Array.from({ length: 60_000 }, (_, n) => `line ${(n * 7919) % 1009}\n`).join(''));

function inChunks(size: number): FileContent {
  return {
    ...contentOfBytes(TEXT),
    async *read() {
      for (let at = 0; at < TEXT.byteLength; at += size) yield TEXT.subarray(at, at + size);
    },
  };
}

function treeOf(content: FileContent): FileTree {
  const tree = new FileTree();
  tree.addFile('text', content);
  return tree;
}

test('equal trees give equal layers in different folders, however their files are read', async () => {
  const one = await makeLayer('one', treeOf(inChunks(1_000_000)), join(folder, 'a'));
  const other = await makeLayer('other', treeOf(inChunks(777)), join(folder, 'b'));
  assert.deepEqual([one.cached, other.cached], [false, false]);
  assert.deepEqual([one.digest, one.diffId, one.size], [other.digest, other.diffId, other.size]);
});

test('a layer is what its digests say', async () => {
  const layer = await makeLayer('one', treeOf(inChunks(1000)), join(folder, 'c'));
  const bytes = await allOf(await layer.source(0));
  const tail = await allOf(await layer.source(layer.size - 5));
  assert.equal(`sha256:${sha256(bytes)}`, layer.digest);
  assert.equal(`sha256:${sha256(gunzipSync(bytes))}`, layer.diffId);
  assert.deepEqual([bytes.byteLength, gunzipSync(bytes).byteLength], [layer.size, layer.unpackedSize]);
  assert.deepEqual(tail, bytes.subarray(-5));
});

test('a layer is made once and found again', async () => {
  const cache = join(folder, 'd');
  await makeLayer('one', treeOf(inChunks(1000)), cache);
  const again = await makeLayer('one', treeOf(inChunks(1000)), cache);
  assert.equal(again.cached, true);
  assert.deepEqual(
    (await readdir(cache)).filter((name) => name.startsWith('.')),
    [],
  );
});

test('a cached layer that was cut off is made again', async () => {
  const cache = join(folder, 'e');
  const first = await makeLayer('one', treeOf(inChunks(1000)), cache);
  const blob = (await readdir(cache)).find((name) => name.endsWith('.tar.gz'));
  assert.ok(blob !== undefined);
  await truncate(join(cache, blob), 100);
  const again = await makeLayer('one', treeOf(inChunks(1000)), cache);
  assert.equal(again.cached, false);
  assert.equal(sha256(await readFile(join(cache, blob))), first.digest.slice('sha256:'.length));
});

test('a change of mode or owner makes another layer', async () => {
  const cache = join(folder, 'f');
  const digests = new Set<string>();
  for (const [mode, uid] of [
    [0o644, 0],
    [0o755, 0],
    [0o644, 65532],
  ] as const) {
    const tree = new FileTree();
    tree.addFile('text', inChunks(1000), mode, { uid, gid: uid });
    digests.add((await makeLayer('one', tree, cache)).digest);
  }
  assert.equal(digests.size, 3);
});

test('an interrupted layer leaves nothing in the cache', async () => {
  const cache = join(folder, 'g');
  const interrupt = new AbortController();
  const content: FileContent = {
    ...contentOfBytes(TEXT),
    async *read() {
      yield TEXT.subarray(0, 1000);
      interrupt.abort();
      yield TEXT.subarray(1000);
    },
  };
  await assert.rejects(makeLayer('one', treeOf(content), cache, interrupt.signal), { name: 'AbortError' });
  assert.deepEqual(await readdir(cache), []);
});

async function allOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(stream));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

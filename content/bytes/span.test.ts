import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CHUNK_BYTES, recycle } from './chunk-memory.ts';
import { readSpan } from './read-span.ts';
import { SpanWriter } from './span-writer.ts';

const BYTES = randomBytes(3 * CHUNK_BYTES + 1234);
const folder = await mkdtemp(join(tmpdir(), 'skerry-span-'));
const path = join(folder, 'file');
await writeFile(path, BYTES);
after(() => rm(folder, { recursive: true, force: true }));

for (const [what, start, end] of [
  ['a whole file', 0, BYTES.byteLength],
  ['a span inside of a file', 100, 2 * CHUNK_BYTES + 7],
  ['no byte at all', 5, 5],
] as const) {
  test(`${what} is read as it is, while its memory is used again`, async () => {
    await opened(async (file) => {
      const copies: Buffer[] = [];
      for await (const chunk of readSpan(file, start, end)) {
        copies.push(Buffer.from(chunk));
        recycle(chunk);
      }
      assert.ok(Buffer.concat(copies).equals(BYTES.subarray(start, end)));
    });
  });
}

test('chunks that nobody gives back stay as they were read', async () => {
  await opened(async (file) => {
    const chunks = await Array.fromAsync(readSpan(file, 0, BYTES.byteLength));
    assert.ok(Buffer.concat(chunks).equals(BYTES));
  });
});

test('a span that reaches beyond the end of its file ends with it', async () => {
  await opened(async (file) => {
    const chunks = await Array.fromAsync(readSpan(file, BYTES.byteLength - 10, BYTES.byteLength + 10));
    assert.ok(Buffer.concat(chunks).equals(BYTES.subarray(-10)));
  });
});

test('reading that is given up has ended before the file is closed', async () => {
  const file = await open(path, 'r');
  for await (const _ of readSpan(file, 0, BYTES.byteLength)) break;
  await file.close();
});

test('cancelling ends the reading', async () => {
  const stop = new AbortController();
  await opened(async (file) => {
    const reading = async () => {
      for await (const _ of readSpan(file, 0, BYTES.byteLength, stop.signal)) stop.abort(new Error('stop'));
    };
    await assert.rejects(reading(), /stop/);
  });
});

test('pieces of any size are written one behind the other from their position on', async () => {
  const target = join(folder, 'target');
  const file = await open(target, 'w');
  let told = 0;
  const writer = new SpanWriter(file, 1000, (bytes) => {
    told += bytes;
  });
  for (let from = 0, size = 1; from < BYTES.byteLength; from += size, size *= 3)
    await writer.write(Buffer.from(BYTES.subarray(from, from + size)));
  await writer.flush();
  await writer.flush();
  await file.close();
  assert.equal(told, BYTES.byteLength);
  assert.ok((await readFile(target)).subarray(1000).equals(BYTES));
});

async function opened(use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'r');
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

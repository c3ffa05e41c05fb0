import assert from 'node:assert/strict';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { blobOf } from '../testing/content.ts';
import { type Received, receiveBody } from './receive-body.ts';

const BLOB = blobOf('body', 6_000_000);
const FAST = () => 0;

// A clock by which every write takes a second: all but the first go through the queue.
function slowClock(): () => number {
  let now = 0;
  return () => {
    now += 1000;
    return now;
  };
}

for (const [disk, now] of [
  ['keeps up', FAST],
  ['is slow', slowClock()],
] as const) {
  test(`a body is written whole and in order when the disk ${disk}`, async (t) => {
    const path = await fileIn(t);
    const seen: Buffer[] = [];
    let written = 0;
    const received = await receive(t, path, {
      now,
      position: 10,
      onChunk: (chunk) => seen.push(Buffer.from(chunk)),
      onWritten: (bytes) => {
        written += bytes;
      },
    });
    assert.deepEqual(received, { bytes: 6_000_000, hashed: 6_000_000, end: 'whole', error: undefined });
    assert.equal(written, 6_000_000);
    assert.ok(Buffer.concat(seen).equals(BLOB.bytes));
    assert.ok((await readFile(path)).subarray(10).equals(BLOB.bytes));
  });

  test(`a full disk is told, and only what was written counts, when the disk ${disk}`, async (t) => {
    const received = await receive(t, '/dev/full', { now });
    assert.equal(received.end, 'broken');
    assert.equal(received.bytes, 0);
    assert.ok(received.hashed > 0);
    assert.ok(
      received.error instanceof Error && 'code' in received.error && received.error.code === 'ENOSPC',
    );
  });

  test(`a body that is too long is not written beyond its room when the disk ${disk}`, async (t) => {
    const path = await fileIn(t);
    const received = await receive(t, path, { now, room: 1_000_000 });
    assert.equal(received.end, 'too long');
    assert.ok(received.bytes <= 1_000_000);
    assert.ok((await readFile(path)).equals(BLOB.bytes.subarray(0, received.bytes)));
  });
}

async function fileIn(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-body-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await (await open(join(folder, 'body'), 'w')).close();
  return join(folder, 'body');
}

/** Sends the blob to a server that receives it with these options. */
async function receive(
  t: TestContext,
  path: string,
  options: Partial<Parameters<typeof receiveBody>[2]>,
): Promise<Received> {
  const file = await open(path, 'r+');
  t.after(() => file.close());
  return await new Promise((resolve, reject) => {
    const server = createServer((incoming, response) => {
      const { signal } = new AbortController();
      const nothing = () => {};
      const all = {
        position: 0,
        room: 1e12,
        signal,
        onChunk: nothing,
        onWritten: () => undefined,
        onWaiting: nothing,
      };
      receiveBody(incoming, file, { ...all, ...options }).then((received) => {
        response.end();
        server.close();
        server.closeAllConnections();
        resolve(received);
      }, reject);
    });
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      assert.ok(typeof address === 'object' && address !== null);
      const { port } = address;
      const sending = request({ port, host: '127.0.0.1', method: 'PUT' });
      // A receiver that has had enough hangs up.
      sending.on('error', () => {});
      sending.end(BLOB.bytes);
    });
  });
}

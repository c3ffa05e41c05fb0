import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { suite, type TestContext, test } from 'node:test';
import { z } from 'zod';
import type { DiskMeasure } from '../store/files/disk-measure.ts';
import { blobOf, imageOf, openUpload, pushBlob, putManifest } from '../testing/content.ts';
import { startRegistry, type TestRegistry } from '../testing/registry.ts';

const MIB = 1024 ** 2;
const Refusal = z.object({
  errors: z.tuple([
    z.object({
      code: z.literal('INSUFFICIENT_STORAGE'),
      message: z.string(),
      detail: z.object({ needed: z.number(), free: z.number() }),
    }),
  ]),
});

// The disk has as many bytes as `free` says, less those that lie in unfinished uploads.
suite('pushes to a registry without room', () => {
  test('a body that can’t fit is refused before a client that waits to be asked sends it', async (t) => {
    const { registry } = await setUp(t, 10 * MIB);
    const upload = await openUpload(registry, 'app');
    const sending = request({
      port: registry.port,
      method: 'PATCH',
      path: upload,
      headers: { expect: '100-continue', 'content-length': 20 * MIB },
    });
    let asked = false;
    sending.on('continue', () => {
      asked = true;
    });
    sending.flushHeaders();
    const [response] = await once(sending, 'response');
    const refusal = Refusal.parse(JSON.parse(await text(response)));
    assert.equal(response.statusCode, 507);
    assert.equal(asked, false);
    const { needed, free } = refusal.errors[0].detail;
    assert.deepEqual([needed, free], [20 * MIB, 10 * MIB]);
    sending.destroy();
  });

  test('one that is larger than any blob may be is refused as such', async (t) => {
    const { registry } = await setUp(t, 10 * MIB);
    const upload = await openUpload(registry, 'app');
    const socket = connect(registry.port, '127.0.0.1');
    socket.write(`PATCH ${upload} HTTP/1.1\r\nhost: x\r\ncontent-length: ${2 ** 41}\r\n\r\n`);
    const [first] = await once(socket, 'data');
    assert.match(String(first), /^HTTP\/1.1 413 /);
    socket.destroy();
  });

  test('every way to push is refused, and nothing is left behind', async (t) => {
    const { registry, disk } = await setUp(t, 10 * MIB);
    const blob = blobOf('layer', 1000);
    const upload = await openUpload(registry, 'app');
    disk.free = 0;
    const body = blob.bytes;
    const answers = [
      await registry.send('POST', '/v2/app/blobs/uploads/', { body: '' }),
      await registry.send('POST', `/v2/app/blobs/uploads/?digest=${blob.digest}`, { body }),
      await registry.send('PATCH', upload, { body }),
      await registry.send('PATCH', upload, { body: [body] }),
      await registry.send('PUT', `${upload}?digest=${blob.digest}`, { body }),
      await putManifest(registry, 'app', 'v1', imageOf({})),
    ];
    for (const { status, codes } of answers)
      assert.deepEqual([status, codes], [507, ['INSUFFICIENT_STORAGE']]);
    const left = await readdir(registry.uploads);
    assert.equal(left.length, 1, 'the upload that was open before');
    assert.equal((await registry.send('DELETE', upload)).status, 204);
  });

  test('pulls, mounts and deletes go on', async (t) => {
    const { registry, disk } = await setUp(t, 10 * MIB);
    const blob = blobOf('layer', 1000);
    await pushBlob(registry, 'app', blob);
    assert.equal((await putManifest(registry, 'app', 'v1', imageOf({ layers: [blob] }))).status, 201);
    disk.free = 0;
    const mount = `/v2/other/blobs/uploads/?mount=${blob.digest}&from=app`;
    assert.equal((await registry.send('GET', `/v2/app/blobs/${blob.digest}`)).status, 200);
    assert.equal((await registry.send('POST', mount, { body: '' })).status, 201);
    assert.equal((await registry.send('DELETE', '/v2/app/manifests/v1')).status, 202);
  });

  test('an upload of unknown length is stopped at the reserve, and goes on when there is room', async (t) => {
    const { registry, disk } = await setUp(t, 10 * MIB);
    const blob = blobOf('stream', 16 * MIB);
    const upload = await openUpload(registry, 'app');
    const pieces = Array.from({ length: 256 }, (_, at) =>
      blob.bytes.subarray(at * 65_536, (at + 1) * 65_536),
    );
    const stopped = await registry.send('PATCH', upload, { body: pieces });
    assert.deepEqual([stopped.status, stopped.codes], [507, ['INSUFFICIENT_STORAGE']]);
    disk.free = 100 * MIB;
    const state = await registry.send('GET', upload);
    const held = Number(state.headers.range?.split('-')[1]) + 1;
    assert.ok(held > 6 * MIB && held <= 10 * MIB, `${held} bytes are held`);
    const rest = await registry.send('PUT', `${upload}?digest=${blob.digest}`, {
      body: blob.bytes.subarray(held),
    });
    assert.equal(rest.status, 201);
  });

  test('a push that breaks off gives back what it had booked', async (t) => {
    const { registry } = await setUp(t, 10 * MIB);
    const upload = await openUpload(registry, 'app');
    for (let round = 0; round < 5; round++) {
      const socket = connect(registry.port, '127.0.0.1');
      socket.write(`PATCH ${upload} HTTP/1.1\r\nhost: x\r\ncontent-length: ${8 * MIB}\r\n\r\nsome`);
      await until(
        async () => Number((await registry.send('GET', upload)).headers.range?.split('-')[1]) > round * 4,
      );
      socket.destroy();
    }
    await until(async () => {
      const blob = blobOf('next', 8 * MIB);
      const answer = await registry.send('POST', `/v2/app/blobs/uploads/?digest=${blob.digest}`, {
        body: blob.bytes,
      });
      return answer.status === 201;
    });
  });

  test('what interrupted pushes left behind goes when there is no room for the next', async (t) => {
    const { registry, disk, time } = await setUp(t, 10 * MIB);
    const upload = await openUpload(registry, 'app');
    assert.equal((await registry.send('PATCH', upload, { body: Buffer.alloc(6 * MIB) })).status, 202);
    const blob = blobOf('next', 6 * MIB);
    const push = () =>
      registry.send('POST', `/v2/app/blobs/uploads/?digest=${blob.digest}`, { body: blob.bytes });
    assert.equal((await push()).status, 507);
    assert.equal((await registry.send('GET', upload)).status, 204, 'it may still be gone on with');
    time.now += 6 * 60_000;
    assert.equal((await push()).status, 201);
    assert.equal((await registry.send('GET', upload)).status, 404);
    assert.equal(disk.free, 10 * MIB);
  });
});

async function setUp(t: TestContext, free: number) {
  const disk = { free };
  const time = { now: Date.now() };
  let registry: TestRegistry | undefined;
  const measure = async (): Promise<DiskMeasure> => {
    const used = registry === undefined ? 0 : await bytesIn(registry.uploads);
    return { free: disk.free - used, size: 100 * MIB, freeFiles: 0, files: 0 };
  };
  registry = await startRegistry(t, {
    backend: 'served',
    diskSpace: { keepFree: 0, measure },
    clock: () => time.now,
  });
  return { registry, disk, time };
}

async function bytesIn(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

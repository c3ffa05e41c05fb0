import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { suite, type TestContext, test } from 'node:test';
import { openLayout } from '../../content/layout/layout.ts';
import { openAccess } from '../access/access.ts';
import { blobOf, imageOf, openUpload, pushBlob, putManifest } from '../testing/content.ts';
import { startRegistry } from '../testing/registry.ts';
import { TestStore } from '../testing/store.ts';
import { UploadFolder } from '../uploads/upload-folder.ts';
import { serveRegistry } from './serve.ts';

suite('the registry as a server', () => {
  test('says that it lives and that it is ready', async (t) => {
    const registry = await startRegistry(t);
    for (const path of ['/healthz', '/readyz']) assert.equal((await registry.send('GET', path)).status, 200);
  });

  test('is not ready when its store does not answer', async (t) => {
    const store = new TestStore();
    store.listRepositories = async () => {
      throw new Error('the disk is on fire');
    };
    const registry = await startRegistry(t, { store });
    assert.equal((await registry.send('GET', '/healthz')).status, 200);
    const answer = await registry.send('GET', '/readyz');
    assert.equal(answer.status, 503);
    assert.ok(!answer.body.includes('fire'));
    await registry.close();
    assert.match(String(registry.log.at(-1)?.error), /on fire/);
  });

  test('writes one line for each request, with an id that the client learns or chose', async (t) => {
    const registry = await startRegistry(t);
    const first = await registry.send('GET', '/v2/');
    await registry.send('GET', '/v2/a/manifests/1', {
      headers: { 'x-request-id': 'chosen-by-client', 'user-agent': 'test/1' },
    });
    await registry.send('GET', '/v2/', { headers: { 'x-request-id': 'bad id\u00e9' } });
    await registry.close();
    const [one, two, three] = registry.log;
    assert.equal(registry.log.length, 3);
    assert.equal(one?.requestId, first.headers['x-request-id']);
    assert.equal(two?.requestId, 'chosen-by-client');
    assert.deepEqual(
      [two?.method, two?.path, two?.status, two?.agent, two?.remote],
      ['GET', '/v2/a/manifests/1', 404, 'test/1', '127.0.0.1'],
    );
    assert.notEqual(three?.requestId, 'bad id\u00e9');
  });

  test('refuses addresses and headers that are too long', async (t) => {
    const registry = await startRegistry(t, { limits: { urlBytes: 1000 } });
    assert.equal((await registry.send('GET', `/v2/${'a'.repeat(1000)}/tags/list`)).status, 414);
    assert.match(
      await raw(registry.port, `GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`),
      /^HTTP\/1.1 431 /,
    );
  });

  test('cuts who does not come to the end of the headers', async (t) => {
    const registry = await startRegistry(t, { limits: { headersTimeout: 50 } });
    for (const begun of ['', 'GET /v2/ HTTP/1.1\r\nhost: x\r\n'])
      assert.match(await raw(registry.port, begun), /^$|^HTTP\/1.1 408 /);
  });

  test('cuts who neither sends the rest of a body that was refused nor hangs up', async (t) => {
    const registry = await startRegistry(t, { limits: { slowTimeout: 50 } });
    const socket = await connected(t, registry.port);
    socket.write('PUT /v2/BAD/manifests/1 HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc');
    assert.match(await text(socket), /^HTTP\/1.1 400 /);
  });

  test('reads no more manifests at once than it has memory for', async (t) => {
    const registry = await startRegistry(t, { limits: { manifestMemory: 10_000 } });
    for (let round = 0; round < 3; round++) {
      const manifest = imageOf({ annotations: { long: 'x'.repeat(9000) } });
      assert.equal((await putManifest(registry, 'a', '1', manifest)).status, 201);
      const larger = imageOf({ annotations: { long: 'x'.repeat(10_000) } });
      const refused = await putManifest(registry, 'a', '2', larger);
      assert.equal(refused.status, 429);
      assert.deepEqual(refused.codes, ['TOOMANYREQUESTS']);
      assert.equal(refused.headers['retry-after'], '1');
    }
  });

  test('answers what is not HTTP with 400 and hangs up', async (t) => {
    const registry = await startRegistry(t);
    for (const text of [
      'hello\r\n\r\n',
      '\0\0\0\0',
      'GET /v2/ HTTP/9.9\r\n\r\n',
      'GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n',
    ]) {
      assert.match(await raw(registry.port, text), /^HTTP\/1.1 400 /);
    }
  });

  test('refuses what a proxy in front might understand otherwise, and hangs up', async (t) => {
    const registry = await startRegistry(t);
    for (const [status, text] of [
      [400, 'GET /v2/ HTTP/1.1\r\nhost: a\r\nHost: b\r\n\r\n'],
      [400, 'GET /v2/ HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n'],
      [400, 'GET /v2/ HTTP/1.1\r\n\r\n'],
      [
        400,
        'PUT /v2/a/manifests/1 HTTP/1.0\r\ntransfer-encoding: chunked\r\nconnection: keep-alive\r\n\r\n0\r\n\r\n',
      ],
      [501, 'PUT /v2/a/manifests/1 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
      [
        400,
        'PUT /v2/a/manifests/1 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n',
      ],
      [
        400,
        'PUT /v2/a/manifests/1 HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 4\r\n\r\nabcde',
      ],
    ] as const)
      assert.match(await raw(registry.port, text), new RegExp(`^HTTP/1.1 ${status} `), text);
  });

  test('lets go of who was refused, whether or not it hangs up as well', async (t) => {
    const registry = await startRegistry(t, { limits: { headersTimeout: 50 } });
    const open = async () =>
      /skerry_registry_connections (\d+)/.exec(`${(await registry.send('GET', '/metrics')).body}`)?.[1];
    for (const begun of ['', 'GET /v2/ HT', 'GET /v2/ HTTP/1.1\r\nhost: x\r\n', 'hello\r\n\r\n']) {
      const socket = connect({ port: registry.port, host: '127.0.0.1', allowHalfOpen: true }).pause();
      t.after(() => socket.destroy());
      socket.on('error', () => {}).write(begun);
    }
    assert.ok(await becomes(async () => (await open()) === '5'));
    assert.ok(await becomes(async () => (await open()) === '1'), 'that of who asks');
  });

  test('a body that comes a byte at a time costs what it weighs', async (t) => {
    const registry = await startRegistry(t);
    const manifest = imageOf({ annotations: { long: 'x'.repeat(5000) } });
    const { bytes, mediaType } = manifest;
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
    const headers = { 'content-type': mediaType };
    assert.equal((await registry.send('PUT', '/v2/a/manifests/1', { body: pieces, headers })).status, 201);
    assert.deepEqual((await registry.send('GET', '/v2/a/manifests/1')).body, Buffer.from(bytes));
  });

  test('takes no more connections than it may: unused ones make room', async (t) => {
    const registry = await startRegistry(t, { limits: { connections: 4 } });
    const silent: Socket[] = [];
    for (let count = 0; count < 8; count++) silent.push((await connected(t, registry.port)).resume());
    const get = 'GET /v2/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
    assert.match(await raw(registry.port, get), /^HTTP\/1.1 200 /);
    assert.ok(await becomes(async () => silent.filter(({ closed }) => closed).length >= 5));
  });

  test('cuts who sends too slowly, and keeps what came', async (t) => {
    const registry = await startRegistry(t, { limits: { slowTimeout: 40, slowBytes: 1000 } });
    const location = await openUpload(registry, 'team/app');
    const socket = await connected(t, registry.port);
    socket.write(`PATCH ${location} HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n0123456789`);
    const drops = setInterval(() => socket.write('.'), 5);
    await closed(socket);
    clearInterval(drops);
    const began = async () => /^0-[1-9]/.test((await registry.send('GET', location)).headers.range ?? '');
    assert.ok(await becomes(began));
    await registry.close();
    assert.equal(
      registry.log.some(({ error }) => error === 'the client is too slow'),
      true,
    );
  });

  test('cuts who takes too slowly', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'skerry-slow-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    // Not pushed: on a busy machine the push itself may be too slow for such a limit.
    const store = await openLayout(folder, { create: true });
    const blob = blobOf('slow', 40_000_000);
    const descriptor = { mediaType: 'application/octet-stream', digest: blob.digest, size: 40_000_000 };
    await store.writeBlob('team/app', descriptor, async () => Readable.from([blob.bytes]));
    const registry = await startRegistry(t, { store, limits: { slowTimeout: 40, slowBytes: 1000 } });
    const socket = await connected(t, registry.port);
    socket.pause();
    socket.write(`GET /v2/team/app/blobs/${blob.digest} HTTP/1.1\r\nhost: x\r\n\r\n`);
    // Seen in the log: a client that reads nothing does not notice that it was cut.
    assert.ok(await becomes(async () => registry.log.some(({ whole }) => whole === false)));
    assert.equal(registry.log.find(({ whole }) => whole === false)?.error, 'the client is too slow');
  });

  test('lets a client ask before it sends, and answers early where it would be refused', async (t) => {
    const registry = await startRegistry(t);
    const location = await openUpload(registry, 'team/app');
    const head = `host: x\r\nexpect: 100-continue\r\nconnection: close\r\ncontent-length: 3\r\n\r\n`;
    const taken = await raw(registry.port, `PATCH ${location} HTTP/1.1\r\n${head}`, 'abc');
    assert.match(taken, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 202 /);
    const refused = await raw(registry.port, `PATCH ${location}0 HTTP/1.1\r\n${head}`);
    assert.match(refused, /^HTTP\/1.1 404 /);
  });

  test('lets running requests end when it stops, and takes no new ones', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'skerry-drain-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const store = await openLayout(join(folder, 'layout'), { create: true });
    const served = await serveRegistry({
      store,
      uploads: join(folder, 'uploads'),
      access: openAccess,
      log: () => {},
      listen: { host: '127.0.0.1', port: 0 },
    });
    const blob = blobOf('drain', 1000);
    const socket = await connected(t, served.port);
    socket.write(
      `POST /v2/a/blobs/uploads/?digest=${blob.digest} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n`,
    );
    socket.write(blob.bytes.subarray(0, 500));
    assert.ok(await becomes(async () => (await readdir(join(folder, 'uploads'))).length === 1));
    const closing = served.close({ drainMs: 10_000 });
    await assert.rejects(connected(t, served.port));
    const answer = text(socket);
    socket.write(blob.bytes.subarray(500));
    assert.match(await answer, /^HTTP\/1.1 201 /);
    await closing;
    assert.equal(await store.statBlob('a', blob.digest), 1000);
  });

  test('cuts what is left when draining has taken its time', async (t) => {
    const registry = await startRegistry(t);
    const location = await openUpload(registry, 'team/app');
    const socket = await connected(t, registry.port);
    socket.write(`PATCH ${location} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n`);
    await Promise.all([closed(socket), registry.close()]);
  });

  test('says what is wrong when it cannot begin', async (t) => {
    const registry = await startRegistry(t);
    const options = { store: new TestStore(), access: openAccess, log: () => {} };
    const listen = { host: '127.0.0.1', port: registry.port };
    await assert.rejects(serveRegistry({ ...options, listen }), { code: 'REGISTRY_LISTEN_FAILED' });
    const tls = { cert: 'not a certificate', key: 'not a key' };
    await assert.rejects(serveRegistry({ ...options, tls, listen: { ...listen, port: 0 } }), {
      code: 'REGISTRY_TLS_INVALID',
    });
    const file = join(registry.folder, 'file');
    await writeFile(file, '');
    const uploads = join(file, 'uploads');
    await assert.rejects(serveRegistry({ ...options, uploads, listen }), {
      code: 'REGISTRY_UPLOADS_UNUSABLE',
    });
  });

  test('a full disk is 507, and the upload goes on when there is room again', async (t) => {
    const store = new TestStore();
    const write = store.writeBlob.bind(store);
    store.writeBlob = async () => {
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    };
    const registry = await startRegistry(t, { store });
    const blob = blobOf('full', 1000);
    const location = await openUpload(registry, 'team/app');
    const path = `${location}?digest=${blob.digest}`;
    assert.equal((await registry.send('PUT', path, { body: blob.bytes })).status, 507);
    assert.equal((await registry.send('GET', location)).headers.range, '0-999');
    store.writeBlob = write;
    assert.equal((await registry.send('PUT', path, { body: '' })).status, 201);
  });

  test('a blob that is shorter than its store said never looks whole', async (t) => {
    const store = new TestStore();
    const blob = blobOf('short', 100_000);
    const registry = await startRegistry(t, { store });
    await pushBlob(registry, 'a', blob);
    const { readBlob } = store;
    store.readBlob = async (...asked) => {
      const reader = await readBlob.apply(store, asked);
      return reader && { ...reader, stream: firstOf(reader.stream) };
    };
    await assert.rejects(registry.send('GET', `/v2/a/blobs/${blob.digest}`));
  });

  test('a manifest that has rotted is not served', async (t) => {
    const store = new TestStore();
    const registry = await startRegistry(t, { store });
    store.readManifest = async () => ({
      digest: blobOf('a', 10).digest,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      bytes: Buffer.from('rotten'),
    });
    const answer = await registry.send('GET', '/v2/a/manifests/1');
    assert.equal(answer.status, 500);
    assert.ok(!answer.body.includes('rotten'));
  });

  test('uploads that nobody goes on with are forgotten', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'skerry-uploads-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    await mkdir(folder, { recursive: true });
    const uploads = await UploadFolder.open(folder);
    const [old, young] = [await uploads.begin('a'), await uploads.begin('a')];
    await utimes(old.path, 1000, 1000);
    assert.equal(await uploads.sweep(2_000_000), 1);
    const again = await UploadFolder.open(folder);
    assert.equal(await again.find('a', old.id), undefined);
    assert.equal((await again.find('a', young.id))?.id, young.id);
  });
});

async function connected(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  await new Promise<void>((resolve, reject) => socket.once('connect', () => resolve()).once('error', reject));
  return socket;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()).resume());
}

async function text(socket: Socket): Promise<string> {
  let all = '';
  socket.setEncoding('latin1').on('data', (part) => {
    all += part;
  });
  await closed(socket);
  return all;
}

// Sends bytes, then more once an answer has begun, and gives all that comes back until the registry hangs up.
async function raw(port: number, first: string, then?: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(first);
  if (then !== undefined) socket.once('data', () => socket.write(then));
  return await text(socket);
}

async function becomes(isTrue: () => Promise<boolean>): Promise<boolean> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    if (await isTrue()) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

async function* firstOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    yield chunk;
    return;
  }
}

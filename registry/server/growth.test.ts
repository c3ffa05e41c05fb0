import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { digestOf } from '../../content/digest.ts';
import { blobOf, imageOf, openUpload, pushImage, putManifest } from '../testing/content.ts';
import { startRegistry, type TestRegistry } from '../testing/registry.ts';

/** A request that is never answered fails the test instead of keeping it. */
const HANGS = { timeout: 600_000 };
const NAME = 'team/app';
const LAYER = blobOf('layer', 20_000);
const ROUNDS = 120;
/** What may stay behind of thousands of requests; an exchange that somebody forgot to let go has five to fifteen thousand. */
const SLACK_BYTES = 4_000_000;

test('thousands of requests of every kind leave neither memory nor files open', HANGS, async (t) => {
  const registry = await startRegistry(t, { backend: 'served', log: () => {} });
  const image = await pushImage(registry, NAME, '1.0', { layers: [LAYER] });
  for (let n = 0; n < ROUNDS / 2; n++) await round(registry, image.digest, n);
  const before = await held(registry);
  let requests = 0;
  for (let n = 0; n < ROUNDS; n++) requests += await round(registry, image.digest, n);
  const after = await held(registry);
  assert.ok(requests > 4000, `${requests}`);
  const grown = after.bytes - before.bytes;
  assert.ok(grown < SLACK_BYTES, `${grown} bytes more after ${requests} requests`);
  assert.ok(after.files <= before.files + 2, `${before.files} files were open, ${after.files} are`);
  assert.deepEqual(await readdir(registry.uploads), []);
});

async function held(registry: TestRegistry): Promise<{ bytes: number; files: number }> {
  // What the last connections that broke off held is let go when the registry has noticed.
  for (let attempt = 0; attempt < 500 && (await readdir(registry.uploads)).length > 0; attempt++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return { bytes: heapUsed + external, files: (await readdir('/proc/self/fd')).length };
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  assert.ok(typeof collect === 'function');
  collect();
  collect();
}

// The same requests each time; what they push they delete. The number of requests made.
async function round(registry: TestRegistry, image: string, n: number): Promise<number> {
  const reads = [
    '/v2/',
    '/v2/_catalog',
    `/v2/${NAME}/tags/list?n=1`,
    `/v2/${NAME}/manifests/1.0`,
    `/v2/${NAME}/manifests/${image}`,
    `/v2/${NAME}/blobs/${LAYER.digest}`,
    `/v2/${NAME}/referrers/${image}`,
    `/v2/${NAME}/manifests/none-${n}`,
    `/v2/${NAME}/blobs/${digestOf(`none ${n}`)}`,
    `/v2/none-${n}/tags/list`,
    '/v2/BAD/tags/list',
    `/v2/${NAME}/tags/list?n=x`,
  ];
  const asked = await Promise.all([
    ...reads.map((path) => registry.send('GET', path)),
    ...reads.map((path) => registry.send('HEAD', path)),
    registry.send('GET', `/v2/${NAME}/blobs/${LAYER.digest}`, { headers: { range: `bytes=${n}-` } }),
  ]);
  for (const { status } of asked) assert.ok(status < 500);
  const writes = await pushAndDelete(registry, n);
  await breakOff(registry, n);
  return asked.length + writes;
}

async function pushAndDelete(registry: TestRegistry, n: number): Promise<number> {
  const blob = blobOf(`round ${n % 7}`, 5000);
  const wrong = digestOf('something else');
  const location = await openUpload(registry, NAME);
  await registry.send('PATCH', location, { body: [blob.bytes.subarray(0, 2000)] });
  const outside = { body: 'x', headers: { 'content-range': '9000-9000' } };
  assert.equal((await registry.send('PATCH', location, outside)).status, 416);
  const close = { body: blob.bytes.subarray(2000) };
  assert.equal((await registry.send('PUT', `${location}?digest=${blob.digest}`, close)).status, 201);
  const bad = await registry.send('POST', `/v2/${NAME}/blobs/uploads/?digest=${wrong}`, { body: blob.bytes });
  assert.equal(bad.status, 400);
  const cancelled = await openUpload(registry, NAME);
  await registry.send('DELETE', cancelled);
  const manifest = imageOf({ layers: [blob], annotations: { round: `${n % 7}` } });
  assert.equal((await putManifest(registry, NAME, 'moving', manifest)).status, 201);
  assert.equal((await putManifest(registry, NAME, 'bad', { ...manifest, mediaType: 'x/y' })).status, 400);
  for (const path of [`manifests/${manifest.digest}`, `blobs/${blob.digest}`])
    assert.equal((await registry.send('DELETE', `/v2/${NAME}/${path}`)).status, 202);
  return 11;
}

// A push, a pull and a line of HTTP that end in the middle.
async function breakOff(registry: TestRegistry, n: number): Promise<void> {
  const digest = digestOf(`never whole ${n}`);
  const texts = [
    `POST /v2/${NAME}/blobs/uploads/?digest=${digest} HTTP/1.1\r\nhost: x\r\ncontent-length: 99999\r\n\r\nabc`,
    `GET /v2/${NAME}/blobs/${LAYER.digest} HTTP/1.1\r\nhost: x\r\n\r\n`,
    'GET /v2/ HTT',
  ];
  for (const text of [texts, texts, texts, texts].flat()) {
    const socket = connect(registry.port, '127.0.0.1');
    socket.on('error', () => {});
    await new Promise<void>((resolve) => socket.write(text, () => resolve()));
    socket.destroy();
  }
}

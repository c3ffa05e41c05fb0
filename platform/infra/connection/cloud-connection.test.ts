import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { isSkerryError } from '../../../content/error.ts';
import { DEFAULT_RETRY } from '../../../content/remote/retry.ts';
import { testCertificate } from '../../../content/testing/certificate.ts';
import { type CloudAddress, CloudConnection } from './cloud-connection.ts';

const quick = { retry: { ...DEFAULT_RETRY, tries: 3, sleep: async () => {} } };
const signal = AbortSignal.timeout(30_000);

test('an answer is given whatever its status, and what is busy is asked again', async (t) => {
  const statuses = [503, 409, 429, 200];
  const cloud = await connect(t, (_, response) => {
    response.writeHead(statuses.shift() ?? 500, { 'x-kind': 'test' }).end('{"a":1}');
  });
  const conflict = await cloud.send({ method: 'PATCH', path: '/x', body: {} }, signal);
  assert.equal(conflict.status, 409);
  const fine = await cloud.send({ method: 'POST', path: '/x', body: {} }, signal);
  assert.deepEqual([fine.status, fine.body, fine.header('X-Kind')], [200, { a: 1 }, 'test']);
});

test('what may not be sent twice is not', async (t) => {
  let count = 0;
  const cloud = await connect(t, (request) => {
    count++;
    request.socket.destroy();
  });
  await assert.rejects(cloud.send({ method: 'POST', path: '/x' }, signal), { code: 'CLOUD_UNREACHABLE' });
  assert.equal(count, 1);
  await assert.rejects(cloud.send({ method: 'GET', path: '/x' }, signal), { code: 'CLOUD_UNREACHABLE' });
  assert.equal(count, 4);
});

test('no redirect is followed, and queries and headers stand in no error', async (t) => {
  const cloud = await connect(t, (request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    else request.socket.destroy();
  });
  assert.equal((await cloud.send({ method: 'GET', path: '/moved' }, signal)).status, 302);
  const failed = cloud.send(
    { method: 'GET', path: '/x?key=hush', headers: { authorization: 'hush' } },
    signal,
  );
  await assert.rejects(failed, (error) => {
    assert.ok(isSkerryError(error, 'CLOUD_UNREACHABLE'));
    assert.doesNotMatch(error.message, /hush/);
    return true;
  });
});

test('a certificate that is pinned counts, and another one is told as what it is', async (t) => {
  const [mine, other] = [await testCertificate(), await testCertificate()];
  const server = createTlsServer({ cert: mine.cert, key: mine.key }, (_, response) => response.end('{}'));
  const url = await listen(t, server, 'https');
  const trusting = await open(t, { url, ca: mine.cert });
  assert.equal((await trusting.send({ method: 'GET', path: '/' }, signal)).status, 200);
  const doubting = await open(t, { url, ca: other.cert });
  await assert.rejects(doubting.send({ method: 'GET', path: '/' }, signal), {
    code: 'CLOUD_CERTIFICATE_CHANGED',
  });
});

test('an address with a password in it is refused without being told', () => {
  for (const url of ['nothing', 'file:///x', 'https://user:hush@cloud.example']) {
    assert.throws(
      () => new CloudConnection({ url }),
      (error) => isSkerryError(error, 'ACCOUNT_INVALID') && !error.message.includes('hush'),
    );
  }
  assert.throws(() => new CloudConnection({ url: 'https://cloud.example', ca: 'x' }), {
    code: 'ACCOUNT_INVALID',
  });
});

async function connect(t: TestContext, listener: RequestListener): Promise<CloudConnection> {
  return await open(t, { url: await listen(t, createServer(listener), 'http') });
}

async function open(t: TestContext, address: CloudAddress): Promise<CloudConnection> {
  const cloud = new CloudConnection({ ...address, requestsPerSecond: 1000 }, quick);
  t.after(() => cloud.close());
  return cloud;
}

async function listen(t: TestContext, server: Server, scheme: string): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return `${scheme}://127.0.0.1:${port}`;
}

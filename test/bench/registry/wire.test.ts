import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { isSkerryError } from '../../../content/error.ts';
import { Wire, type WireRequest } from './wire.ts';

const BYTES = randomBytes(3_000_000);
const GET: WireRequest = { method: 'GET', target: '/', keep: true };

test('a body whose length is reported comes whole, and the connection is used again', async (t) => {
  const wire = await serve(t, (_, response) => response.end(BYTES));
  for (const _ of [1, 2, 3]) {
    const { status, size, body } = await wire.send(GET);
    assert.equal(status, 200);
    assert.equal(size, BYTES.byteLength);
    assert.ok(body.equals(BYTES));
  }
});

test('a body in chunks of all sizes comes whole, and the connection is used again', async (t) => {
  const wire = await serve(t, (_, response) => {
    for (let at = 0, length = 1; at < BYTES.byteLength; at += length, length = (length * 7) % 100_003)
      response.write(BYTES.subarray(at, at + length));
    response.end();
  });
  for (const _ of [1, 2, 3]) assert.ok((await wire.send(GET)).body.equals(BYTES));
});

test('answers without a body end with their headers', async (t) => {
  const wire = await serve(t, (request, response) => {
    if (request.url === '/204') response.writeHead(204).end();
    else response.writeHead(200, { 'content-length': 5 }).end('12345');
  });
  assert.equal((await wire.send({ method: 'GET', target: '/204' })).status, 204);
  assert.equal((await wire.send({ method: 'HEAD', target: '/' })).size, 0);
  assert.equal((await wire.send({ method: 'GET', target: '/' })).size, 5);
});

test('a body is sent with its length and in chunks', async (t) => {
  const wire = await serve(t, async (request, response) => {
    const same = (await buffer(request)).equals(BYTES);
    const framing = request.headers['transfer-encoding'] ?? request.headers['content-length'];
    response.writeHead(same ? 201 : 400, { 'x-framing': framing }).end();
  });
  const pieces = [BYTES.subarray(0, 1000), BYTES.subarray(1000)];
  const put = { method: 'PUT', target: '/' };
  const whole = await wire.ask({ ...put, body: { pieces, length: BYTES.byteLength } }, 201);
  assert.equal(whole.header('x-framing'), String(BYTES.byteLength));
  assert.equal((await wire.ask({ ...put, body: { pieces } }, 201)).header('x-framing'), 'chunked');
});

test('another status than the one that was expected is an error, and so is a connection that breaks', async (t) => {
  const wire = await serve(t, (request, response) => {
    if (request.url === '/break') response.destroy();
    else response.writeHead(500).end('it broke');
  });
  const isFailure = (error: unknown) => isSkerryError(error, 'BENCH_RUN_FAILED');
  await assert.rejects(wire.ask(GET, 200), isFailure);
  await assert.rejects(wire.send({ method: 'GET', target: '/break' }), isFailure);
});

async function serve(t: TestContext, listener: RequestListener): Promise<Wire> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { signal } = new AbortController();
  const wire = await Wire.open(`127.0.0.1:${address.port}`, signal);
  t.after(() => {
    wire.close();
    server.close();
  });
  return wire;
}

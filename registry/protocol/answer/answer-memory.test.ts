import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { Exchange } from '../exchange.ts';
import { ProtocolError } from '../protocol-error.ts';
import { AnswerMemory } from './answer-memory.ts';

const KB = 1024;
const READER = 128 * KB;

/** Exchanges of real connections, as far as the memory looks at them. */
async function exchangesOf(t: TestContext, remotes: readonly string[]): Promise<Exchange[]> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const port = typeof bound === 'object' ? (bound?.port ?? 0) : 0;
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const exchanges: Exchange[] = [];
  for (const remote of remotes) {
    ask({ port, host: '127.0.0.1', agent: false })
      .on('error', () => {})
      .end();
    const [request, response]: [IncomingMessage, ServerResponse] = await new Promise((resolve) =>
      server.once('request', (...both) => resolve(both)),
    );
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    exchanges.push({
      id: '',
      request,
      response,
      socket: request.socket,
      remote,
      answers: new AnswerMemory({ most: 0 }),
      headers: {},
      path: '/',
      query: new URLSearchParams(),
      signal: gone.signal,
      awaitingBody: false,
      wantBody: () => {},
    });
  }
  return exchanges;
}

const bytesOf = (size: number) => async () => new Uint8Array(size);
const refused = (error: unknown) => error instanceof ProtocolError && error.status === 503;

test('those who ask for the same share one copy, which is loaded once', async (t) => {
  const memory = new AnswerMemory({ most: 10_000 * KB });
  let loads = 0;
  const load = async () => new Uint8Array(++loads);
  const places = await Promise.all(
    (await exchangesOf(t, ['a', 'a', 'b'])).map((each) =>
      memory.load(each, { key: 'x', bytes: 4000 * KB }, load),
    ),
  );
  assert.equal(loads, 1);
  assert.equal(new Set(places.map(({ bytes }) => bytes)).size, 1);
  assert.equal(memory.taken, 4000 * KB + 3 * READER);
  for (const place of places) place[Symbol.dispose]();
  for (const place of places) place[Symbol.dispose]();
  assert.equal(memory.taken, 0);
});

test('who finds no room waits for it, and who has the fewest answers under way comes first', async (t) => {
  const memory = new AnswerMemory({ most: 1000 * KB + 2 * READER, patience: 60_000, stalledAfter: 60_000 });
  const [first, second, third] = await exchangesOf(t, ['a', 'a', 'b']);
  assert.ok(first && second && third);
  const order: string[] = [];
  const taken = await memory.load(first, { key: 1, bytes: 600 * KB }, bytesOf(1));
  const small = await memory.load(first, { key: 0, bytes: 100 * KB }, bytesOf(1));
  const waiting = [second, third].map(async (exchange, at) => {
    using _ = await memory.load(exchange, { key: 2 + at, bytes: 900 * KB }, bytesOf(1));
    order.push(`${exchange.remote}`);
  });
  await new Promise(setImmediate);
  assert.deepEqual(order, []);
  taken[Symbol.dispose]();
  await Promise.all(waiting);
  small[Symbol.dispose]();
  assert.deepEqual(order, ['b', 'a']);
  assert.equal(memory.taken, 0);
});

test('clients that have stalled make room; those that get on do not, and then there is none', async (t) => {
  let now = 0;
  const memory = new AnswerMemory({
    most: 1000 * KB + READER,
    patience: 100,
    stalledAfter: 2000,
    now: () => now,
  });
  const [stalled, other, late] = await exchangesOf(t, ['a', 'a', 'b']);
  assert.ok(stalled && other && late);
  const held = await memory.load(stalled, { key: 1, bytes: 1000 * KB }, bytesOf(1));
  stalled.signal.addEventListener('abort', () => held[Symbol.dispose]());
  now = 3000;
  using place = await memory.load(other, { key: 2, bytes: 1000 * KB }, bytesOf(1));
  assert.ok(stalled.socket.destroyed);
  now = 6000;
  place.gotOn();
  const refusal = assert.rejects(memory.load(late, { key: 3, bytes: 1000 * KB }, bytesOf(1)), refused);
  now += 200;
  await refusal;
  assert.ok(!other.socket.destroyed);
});

test('what could not be loaded takes nothing', async (t) => {
  const memory = new AnswerMemory({ most: 1000 * KB });
  const [exchange] = await exchangesOf(t, ['a']);
  assert.ok(exchange);
  const failing = async () => {
    throw new Error('the disk is on fire');
  };
  await assert.rejects(memory.load(exchange, { key: 1, bytes: 10 }, failing), /on fire/);
  assert.equal(memory.taken, 0);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connections } from './connections.ts';

interface Site {
  /** Milliseconds by the clock of the connections. */
  now: number;
  most: number;
  readonly cuts: string[];
  open(text?: string, from?: string): Promise<Socket>;
  /** The first line of an answer; empty when there is none. */
  ask(from?: string): Promise<string>;
}

// Paths that begin with /busy are answered never, and the client is waited for; /work is answered never as well; /large with
// more than a client takes that does not read.
async function siteOf(t: TestContext, most: number, mostStalled?: number): Promise<Site> {
  const server = createServer((request, response) => {
    const awaitingBody = request.url?.startsWith('/busy') ?? false;
    connections.watch({ socket: request.socket, response, awaitingBody });
    begun.shift()?.();
    if (request.url === '/') response.end('ok');
    if (request.url === '/large') response.end(Buffer.alloc(32_000_000));
  });
  const begun: (() => void)[] = [];
  const sockets: Socket[] = [];
  const cuts: string[] = [];
  const site: Site = {
    now: 0,
    most,
    cuts,
    open: async (text, localAddress = '127.0.0.1') => {
      const bound = server.address();
      const port = typeof bound === 'object' ? (bound?.port ?? 0) : 0;
      const accepted = once(server, 'connection');
      const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => {});
      sockets.push(socket);
      await accepted;
      if (text !== undefined) {
        const seen = new Promise<void>((resolve) => begun.push(resolve));
        socket.write(`GET ${text} HTTP/1.1\r\nhost: a\r\n\r\n`);
        await seen;
      }
      return socket;
    },
    ask: async (from) => {
      const socket = await site.open(undefined, from);
      socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
      const chunks = await socket.toArray().catch(() => []);
      return Buffer.concat(chunks).toString().split('\r\n', 1)[0] ?? '';
    },
  };
  const options = {
    most: () => site.most,
    mostStalled,
    now: () => site.now,
    onCut: (reason: string) => cuts.push(reason),
  };
  const connections = new Connections(server, options);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    connections.stop();
    server.close();
    server.closeAllConnections();
  });
  return site;
}

const OK = 'HTTP/1.1 200 OK';
const BUSY = 'HTTP/1.1 503 Service Unavailable';

test('who opens many and says nothing loses the oldest, and everybody is answered meanwhile', async (t) => {
  const site = await siteOf(t, 8);
  const silent: Socket[] = [];
  for (let count = 0; count < 50; count++) {
    silent.push((await site.open()).resume());
    if (count % 5 === 0) assert.deepEqual([await site.ask(), await site.ask('127.0.0.2')], [OK, OK]);
  }
  assert.ok(silent.slice(0, 40).every(({ readableEnded, destroyed }) => readableEnded || destroyed));
  assert.ok(!site.cuts.includes('no room'));
});

test('while all are busy, another is told so; once nothing moves on them, they make room', async (t) => {
  const site = await siteOf(t, 8);
  for (let count = 0; count < 6; count++) await site.open('/busy');
  assert.equal(await site.ask(), BUSY, 'one client never gets all');
  assert.equal(await site.ask('127.0.0.2'), OK);
  for (let count = 0; count < 2; count++) await site.open('/busy', '127.0.0.2');
  assert.equal(await site.ask('127.0.0.3'), BUSY);
  site.now += 2000;
  assert.equal(await site.ask('127.0.0.3'), OK);
});

test('whom the registry keeps waiting is never cut', async (t) => {
  const site = await siteOf(t, 4);
  for (const from of ['127.0.0.1', '127.0.0.2'])
    for (let count = 0; count < 2; count++) await site.open('/work', from);
  site.now += 100_000;
  assert.equal(await site.ask('127.0.0.3'), BUSY);
  assert.deepEqual(new Set(site.cuts), new Set(['no room']));
});

test('those of clients that have few stay while somebody has many', async (t) => {
  const site = await siteOf(t, 16);
  const kept = await site.open(undefined, '127.0.0.2');
  site.now += 60_000;
  for (let count = 0; count < 40; count++) await site.open();
  kept.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  assert.match(Buffer.concat(await kept.toArray()).toString(), /^HTTP\/1.1 200 /);
});

test('of those who stop taking an answer only so many stay, however many connections are left', async (t) => {
  const site = await siteOf(t, 100, 3);
  for (let count = 0; count < 8; count++) (await site.open('/large')).pause();
  await site.open('/work');
  await site.open('/busy');
  const untilLooked = async () => await sleep(1500);
  await untilLooked();
  assert.deepEqual(site.cuts, []);
  site.now += 11_000;
  for (let looks = 0; looks < 20 && site.cuts.length < 5; looks++) await untilLooked();
  await untilLooked();
  assert.deepEqual(site.cuts, Array(5).fill('made room'));
});

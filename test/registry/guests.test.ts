import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { Agent, request } from 'undici';
import { NODE_FLAGS } from '../../manifests/node-flags.ts';
import { testAuthority } from '../../registry/testing/authority.ts';
import { type SendOptions, send } from '../../registry/testing/client.ts';
import { blobOf, imageOf } from '../../registry/testing/content.ts';
import { PROJECT } from '../install/product.ts';
import { type RegistryProcess, serveRegistryOf } from './process.ts';

/** As in its image, where V8 is held to less memory than by itself. */
const SKERRY = [process.execPath, ...NODE_FLAGS, join(PROJECT, 'skerry.ts')] as const;
/** How many misbehave at once. */
const GUESTS = Number(process.env.SKERRY_GUESTS ?? 1500);
const SKIP = process.platform === 'linux' ? false : 'looks into /proc';
/** The chart gives the process 512 MiB. On a machine with little else to do it takes 230 to 300, under load some more. */
const MOST_MEMORY = 400;

let folder: string;
let stores = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skerry-guests-'));
});
after(async () => await rm(folder, { recursive: true, force: true }));

const newStore = () => ['--store', join(folder, `${++stores}`)];

for (const tls of [false, true])
  test(`who connects and does not go on is let go of, and others are served meanwhile${tls ? ', over TLS' : ''}`, {
    skip: SKIP,
  }, async (t) => {
    const { args, ca } = tls ? await withTls() : { args: [], ca: undefined };
    await using registry = await serveRegistryOf(SKERRY, [...newStore(), ...args], { tls: { ca } });
    await using client = clientOf(registry, ca);
    assert.equal(await client.status('/healthz'), 200);
    const before = await descriptorsOf(registry);
    const guests = guestsOf(t, registry);
    const begun = [
      '',
      '\x16\x03\x01\x02\x00\x01',
      ...(tls ? [] : ['GET /v2/ HT', 'GET /v2/ HTTP/1.1\r\nHost: a\r\n']),
    ];
    for (let count = 0; count < GUESTS; count++) {
      guests.add(begun[count % begun.length] ?? '');
      if (count % 100 === 99) assert.equal(await client.status('/healthz'), 200);
    }
    await until('all descriptors are released', async () => {
      assert.equal(await client.status('/readyz'), 200);
      return (await descriptorsOf(registry)) <= before + 2;
    });
  });

test('with few descriptors, everybody is answered, whoever sends no body or reads no answer', {
  skip: SKIP,
}, async (t) => {
  const limited = ['sh', '-c', 'ulimit -n 200; exec "$@"', 'sh', ...SKERRY] as const;
  await using registry = await serveRegistryOf(limited, newStore());
  await using client = clientOf(registry);
  const blob = blobOf('large', 8_000_000);
  assert.equal(await client.push(blob), 201);
  const guests = guestsOf(t, registry);
  for (let count = 0; count < 400; count++) {
    const get = `GET /v2/a/blobs/${blob.digest} HTTP/1.1\r\nHost: a\r\n\r\n`;
    guests.add(count % 2 === 0 ? get : 'POST /v2/token HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n');
  }
  // Told to come again until those who do nothing have had their time, and never left without an answer.
  await until('a blob is had', async () => {
    const status = await client.status(`/v2/a/blobs/${blob.digest}`);
    assert.ok(status === 200 || status === 503, `${status}`);
    return status === 200;
  });
  assert.equal(await client.status('/readyz'), 200);
});

test('while no file can be opened, the answer is to come again, and nothing is lost', {
  skip: SKIP,
}, async (t) => {
  await using registry = await serveRegistryOf(SKERRY, newStore());
  // On a connection that is there already.
  const agent = new HttpAgent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const ask = async (method: string, path: string, options?: SendOptions) =>
    await send(agent, registry.port, method, path, options);
  const { bytes, digest } = blobOf('some', 100_000);
  const image = imageOf({});
  assert.equal((await ask('POST', `/v2/a/blobs/uploads/?digest=${digest}`, { body: bytes })).status, 201);
  const limit = async (files: string) =>
    await promisify(execFile)('prlimit', ['--pid', `${registry.pid}`, `--nofile=${files}`]);
  await limit('3:');
  for (const [method, path, options] of [
    ['GET', `/v2/a/blobs/${digest}`, {}],
    ['POST', '/v2/a/blobs/uploads/', {}],
    ['PUT', '/v2/a/manifests/v1', { body: image.bytes, headers: { 'content-type': image.mediaType } }],
  ] as const) {
    const { status, headers, codes } = await ask(method, path, options);
    assert.deepEqual(
      [method, status, headers['retry-after'], codes],
      [method, 503, '1', ['TOOMANYREQUESTS']],
    );
  }
  await limit('1000:');
  assert.deepEqual((await ask('GET', `/v2/a/blobs/${digest}`)).body, bytes);
  assert.equal((await ask('POST', '/v2/a/blobs/uploads/')).status, 202);
});

test('an interval that is off is off', async () => {
  const args = [...newStore(), '--gc-every', 'off', '--scrub-every', 'off'];
  await using registry = await serveRegistryOf(SKERRY, args);
  await sleep(1500);
  assert.deepEqual(
    registry.log.filter((line) => /garbage|scrub/.test(JSON.stringify(line))),
    [],
  );
});

for (const tls of [false, true])
  test(`answers that nobody reads take no more than their memory, and others get theirs${tls ? ', over TLS' : ''}`, {
    skip: SKIP,
  }, async (t) => {
    const { args, ca } = tls ? await withTls() : { args: [], ca: undefined };
    await using registry = await serveRegistryOf(SKERRY, [...newStore(), ...args], { tls: { ca } });
    await using client = clientOf(registry, ca);
    const large = Array.from({ length: 24 }, (_, at) => `/v2/a/manifests/large${at}`);
    for (const path of large) {
      const image = imageOf({ annotations: { path, long: 'x'.repeat(4_000_000) } });
      assert.equal(await client.put(path, image), 201);
    }
    assert.equal(await client.put('/v2/a/manifests/small', imageOf({})), 201);
    const guests = guestsOf(t, registry);
    for (let count = 0; count < (tls ? GUESTS / 3 : GUESTS); count++) {
      const path = count % 3 === 0 ? large[0] : large[count % large.length];
      guests.add(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(3), ca);
      if (count % 100 === 99)
        for (const each of ['/healthz', '/v2/a/manifests/small'])
          assert.equal(await client.status(each), 200);
    }
    await until('a large one is had', async () => {
      assert.equal(await client.status('/v2/a/manifests/small'), 200);
      const status = await client.status(large[7] ?? '');
      assert.ok(status === 200 || status === 503, `${status}`);
      return status === 200;
    });
    const most = await peakOf(registry);
    t.diagnostic(`${most} MiB at most`);
    assert.ok(most < MOST_MEMORY, `${most} MiB`);
  });

test('long lists that many ask for and nobody reads take little memory, and pushes go on', {
  skip: SKIP,
}, async (t) => {
  await using registry = await serveRegistryOf(SKERRY, newStore());
  await using client = clientOf(registry);
  const image = imageOf({});
  for (let first = 0; first < 6400; first += 64) {
    const tags = Array.from({ length: 64 }, (_, at) => `tag=${'t'.repeat(100)}${first + at}`);
    assert.equal(await client.put(`/v2/a/manifests/${image.digest}?${tags.join('&')}`, image), 201);
  }
  const guests = guestsOf(t, registry);
  for (let count = 0; count < GUESTS / 2; count++) {
    // Every other one asks for a page of its own.
    const path = `/v2/a/tags/list?n=${count % 2 === 0 ? 10_000 : 10_000 + count}`;
    guests.add(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(12));
    if (count % 100 === 99) assert.equal(await client.put(`/v2/b/manifests/v${count}`, image), 201);
  }
  await until('a list is had', async () => {
    const status = await client.status('/v2/a/tags/list');
    assert.ok(status === 200 || status === 503, `${status}`);
    return status === 200;
  });
  const most = await peakOf(registry);
  t.diagnostic(`${most} MiB at most`);
  assert.ok(most < MOST_MEMORY, `${most} MiB`);
});

test('manifests that are nested deep or full of nothing are refused, and cost next to nothing', {
  skip: SKIP,
}, async (t) => {
  await using registry = await serveRegistryOf(SKERRY, newStore());
  await using client = clientOf(registry);
  const before = await peakOf(registry);
  const pieces = ['[', '{"a":', '[{"":', '0,', '[],', '"":0,', '{"a":1},'];
  for (let round = 0; round < 5; round++)
    await Promise.all(
      pieces.map(async (piece) => {
        const long = piece.repeat(Math.floor(3_500_000 / piece.length));
        const body = Buffer.from(`{"schemaVersion":2,"config":{"x${randomBytes(4).toString('hex')}":${long}`);
        const asked = { method: 'PUT', path: '/v2/a/manifests/deep', body, type: imageOf({}).mediaType };
        const { status, code } = await client.ask(asked);
        assert.deepEqual([status, code], [400, 'MANIFEST_INVALID'], piece);
      }),
    );
  const more = (await peakOf(registry)) - before;
  t.diagnostic(`${more} MiB more`);
  assert.ok(more < 150, `${more} MiB`);
});

async function withTls() {
  const authority = await testAuthority();
  const { cert, key } = await authority.issue('localhost');
  const [certPath, keyPath] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  await writeFile(certPath, cert);
  await writeFile(keyPath, key);
  return { args: ['--tls-cert', certPath, '--tls-key', keyPath], ca: authority.ca };
}

/** Connections that say something and then neither send nor read. */
function guestsOf(t: { after(end: () => void): void }, { port }: RegistryProcess) {
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  return {
    add: (text: string, ca?: string) => {
      const to = { port, host: '127.0.0.1', allowHalfOpen: true };
      const socket = ca === undefined ? connect(to) : connectTls({ ...to, ca, servername: 'localhost' });
      sockets.push(socket.on('error', () => {}).pause());
      if (text !== '') socket.write(text, 'latin1');
    },
  };
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: Uint8Array | undefined;
  readonly type?: string | undefined;
}

/** Somebody who behaves: connects, asks, and reads all of the answer. */
function clientOf({ host }: RegistryProcess, ca?: string) {
  const agent = new Agent({
    connections: 4,
    connect: ca === undefined ? {} : { ca, servername: 'localhost' },
  });
  const ask = async ({ method, path, body, type = 'application/octet-stream' }: Asked) => {
    const answer = await request(`${ca === undefined ? 'http' : 'https'}://${host}${path}`, {
      dispatcher: agent,
      method,
      body: body ?? null,
      headers: body === undefined ? {} : { 'content-type': type },
      signal: AbortSignal.timeout(60_000),
    });
    const text = Buffer.from(await answer.body.arrayBuffer()).toString('latin1');
    const code = /"code":"(\w+)"/.exec(text.slice(0, 200))?.[1];
    return { status: answer.statusCode, retryAfter: answer.headers['retry-after'], code };
  };
  return {
    ask,
    status: async (path: string) => (await ask({ method: 'GET', path })).status,
    put: async (path: string, { bytes, mediaType }: { bytes: Uint8Array; mediaType: string }) =>
      (await ask({ method: 'PUT', path, body: bytes, type: mediaType })).status,
    push: async ({ digest, bytes }: { digest: string; bytes: Uint8Array }) =>
      (await ask({ method: 'POST', path: `/v2/a/blobs/uploads/?digest=${digest}`, body: bytes })).status,
    [Symbol.asyncDispose]: async () => await agent.close(),
  };
}

async function descriptorsOf({ pid }: RegistryProcess): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** The most memory that it ever had, in MiB. */
async function peakOf({ pid }: RegistryProcess): Promise<number> {
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 120_000; !(await holds()); await sleep(250))
    assert.ok(Date.now() < end, `waited in vain until ${what}`);
}

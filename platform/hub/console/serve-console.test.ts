import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import type { EmbeddedFile } from '../http/embedded-file.ts';
import { type ScriptedHub, startScriptedHub } from '../testing/scripted-hub.ts';
import { NONCE_PLACE } from './nonce-place.ts';
import { serveConsole } from './serve-console.ts';

const SCRIPT = 'console.log(1)';
const file = (path: string, text: string): [string, EmbeddedFile] => [
  path,
  { path, brotli: brotliCompressSync(text) },
];

describe('the hub serves the console', () => {
  let hub: ScriptedHub;
  let reads = 0;
  let failure: Error | undefined;

  before(async () => {
    const files = new Map([
      file('main-ABC.js', SCRIPT),
      file('index.html', `<meta nonce="${NONCE_PLACE}"><style nonce="${NONCE_PLACE}">`),
    ]);
    hub = await startScriptedHub({
      permits: () => true,
      serve: (server) =>
        serveConsole(server, async () => {
          reads++;
          if (failure !== undefined) throw failure;
          return files;
        }),
    });
  });
  after(async () => await hub.close());

  const get = async (url: string, headers: Record<string, string> = {}) =>
    await hub.server.inject({ url, headers });

  test('and tries again to read its files after that went wrong', async () => {
    failure = new Error('no memory');
    assert.equal((await get('/ui/')).statusCode, 500);
    failure = undefined;
    assert.equal((await get('/ui/')).statusCode, 200);
    await get('/ui/fleet');
    assert.equal(reads, 2);
  });

  test('from the address of the hub itself on', async () => {
    for (const url of ['/', '/ui']) {
      const { statusCode, headers } = await get(url);
      assert.deepEqual([statusCode, headers.location], [302, '/ui/']);
    }
  });

  test('as one page at every address, with a nonce of its own in each answer and nothing from elsewhere', async () => {
    const pages = await Promise.all(
      ['/ui/', '/ui/clusters/shop/edge-1', '/ui/profiles/shop/base-1.0.0'].map((url) => get(url)),
    );
    const nonces = pages.map(({ statusCode, headers, body }) => {
      assert.equal(statusCode, 200);
      assert.equal(headers['content-type'], 'text/html; charset=utf-8');
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      const policy = String(headers['content-security-policy']);
      assert.ok(policy.startsWith("default-src 'none'; script-src 'self';"), policy);
      for (const part of [
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "connect-src 'self'",
      ])
        assert.ok(policy.includes(part), part);
      assert.doesNotMatch(policy, /unsafe|https?:|\*/);
      const [nonce = ''] = /(?<=nonce-)[^']+/.exec(policy) ?? [];
      assert.equal(body, `<meta nonce="${nonce}"><style nonce="${nonce}">`);
      return nonce;
    });
    assert.equal(new Set(nonces).size, 3);
  });

  test('with files that browsers keep, compressed where they take that', async () => {
    const small = await get('/ui/main-ABC.js', { 'accept-encoding': 'gzip, br' });
    assert.equal(small.headers['content-encoding'], 'br');
    assert.equal(small.headers['content-type'], 'text/javascript; charset=utf-8');
    assert.match(String(small.headers['cache-control']), /immutable/);
    assert.equal(brotliDecompressSync(small.rawPayload).toString(), SCRIPT);
    for (const coding of ['gzip', 'br;q=0', '']) {
      const plain = await get('/ui/main-ABC.js', { 'accept-encoding': coding });
      assert.equal(plain.headers['content-encoding'], undefined, coding);
      assert.equal(plain.body, SCRIPT);
    }
  });

  test('and says of a file of another version that it is not there', async () => {
    const { statusCode, headers } = await get('/ui/main-OLD.js');
    assert.equal(statusCode, 404);
    assert.equal(headers['content-type'], 'application/problem+json; charset=utf-8');
  });
});

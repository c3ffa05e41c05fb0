import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { brotliDecompressSync } from 'node:zlib';
import { packFiles, unpackFiles } from '../http/embedded-file.ts';
import { type ScriptedHub, startScriptedHub } from '../testing/scripted-hub.ts';
import { docsFiles } from './docs-files.ts';
import { serveDocs } from './serve-docs.ts';

describe('Swagger UI', () => {
  let hub: ScriptedHub;
  let failure: Error | undefined;

  before(async () => {
    const files = await docsFiles();
    hub = await startScriptedHub({
      permits: () => false,
      serve: (server) =>
        serveDocs(server, async () => {
          if (failure !== undefined) throw failure;
          return files;
        }),
    });
  });
  after(async () => await hub.close());

  const get = async (url: string, headers: Record<string, string> = {}) =>
    await hub.server.inject({ url, headers });

  test('is there for everybody, once its files can be read', async () => {
    failure = new Error('no memory');
    assert.equal((await get('/docs/')).statusCode, 500);
    failure = undefined;
    const page = await get('/docs/');
    assert.deepEqual([page.statusCode, page.headers['content-type']], [200, 'text/html; charset=utf-8']);
    assert.equal((await get('/docs')).headers.location, '/docs/');
    assert.equal((await get('/docs/nothing.js')).statusCode, 404);
    assert.equal((await get('/docs/..%2fopenapi.json')).statusCode, 404);
  });

  test('loads its own files and nothing from elsewhere', async () => {
    const { body, headers } = await get('/docs/');
    const policy = String(headers['content-security-policy']);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"])
      assert.ok(policy.includes(part), part);
    assert.doesNotMatch(body, /https?:\/\/|<script>|<style| style=/);
    const named = [...body.matchAll(/(?:src|href)="([^":.][^":]*)"/g)].map(([, name]) => name);
    assert.deepEqual(named, ['swagger-ui.css', 'swagger-ui-bundle.js', 'start.js']);
    for (const name of named) {
      const file = await get(`/docs/${name}`);
      assert.equal(file.statusCode, 200, name);
      assert.doesNotMatch(file.body, /sourceMappingURL/, name);
    }
  });

  test('goes compressed where that is taken', async () => {
    const small = await get('/docs/start.js', { 'accept-encoding': 'gzip, br' });
    assert.deepEqual([small.headers['content-encoding'], small.headers.vary], ['br', 'accept-encoding']);
    const plain = await get('/docs/start.js', { 'accept-encoding': 'br;q=0' });
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.equal(brotliDecompressSync(small.rawPayload).toString(), plain.body);
  });

  test('comes out of the program as it was put in, its licences too', async () => {
    const files = [...(await docsFiles()).values()];
    assert.deepEqual(
      unpackFiles(packFiles(files)).map(({ path, brotli }) => [path, brotli.length]),
      files.map(({ path, brotli }) => [path, brotli.length]),
    );
    for (const name of ['LICENSE', 'NOTICE', 'swagger-ui-bundle.js.LICENSE.txt'])
      assert.ok(
        files.some(({ path }) => path === name),
        name,
      );
  });
});

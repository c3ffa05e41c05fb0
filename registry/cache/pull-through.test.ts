import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { digestOf, hexOf } from '../../content/digest.ts';
import { basic } from '../testing/access.ts';
import { startCacheSite } from '../testing/cache-site.ts';
import { blobOf, indexOf, pushImage, putManifest } from '../testing/content.ts';

const DAY = 24 * 3600_000;
const LAYER = blobOf('layer', 3_000_000);

suite('what comes over the line', () => {
  test('an image that many pull at once comes once, and each gets all of it', async (context) => {
    const site = await startCacheSite(context);
    const image = await pushImage(site.upstream, 'team/app', '1.0', { layers: [LAYER] });
    const pullAll = async () => {
      const manifest = await site.pull('/v2/team/app/manifests/1.0');
      const layer = await site.pull(`/v2/team/app/blobs/${LAYER.digest}`);
      assert.deepEqual([manifest.status, layer.status], [200, 200]);
      assert.equal(digestOf(manifest.body), image.digest);
      assert.equal(digestOf(layer.body), LAYER.digest);
    };
    await Promise.all(Array.from({ length: 5 }, pullAll));
    await pullAll();
    assert.ok(site.line.carried > LAYER.bytes.byteLength);
    assert.ok(site.line.carried < LAYER.bytes.byteLength * 1.05, `${site.line.carried} bytes`);
    assert.match(await site.metrics(), /cache_bytes_total\{from="upstream"\} 3000000\n/);
    assert.match(await site.metrics(), /cache_bytes_total\{from="cache"\} [1-9]/);
  });

  test('a part of a blob is served while the whole of it comes', async (context) => {
    const site = await startCacheSite(context);
    await pushImage(site.upstream, 'team/app', '1.0', { layers: [LAYER] });
    const headers = { range: 'bytes=1000000-1999999' };
    for (let round = 0; round < 2; round++) {
      const part = await site.pull(`/v2/team/app/blobs/${LAYER.digest}`, { headers });
      assert.equal(part.status, 206);
      assert.ok(part.body.equals(LAYER.bytes.subarray(1_000_000, 2_000_000)));
    }
    assert.ok(site.line.carried < LAYER.bytes.byteLength * 1.05);
  });

  test('a layer that two repositories share comes once, and only to who may read it there', async (context) => {
    const site = await startCacheSite(context);
    await pushImage(site.upstream, 'team/app', '1.0', { layers: [LAYER] });
    await pushImage(site.upstream, 'team/other', '1.0', { layers: [LAYER] });
    await pushImage(site.upstream, 'team/bare', '1.0', {});
    assert.equal((await site.pull(`/v2/team/app/blobs/${LAYER.digest}`)).status, 200);
    const before = site.line.carried;
    assert.equal((await site.pull(`/v2/team/other/blobs/${LAYER.digest}`)).status, 200);
    assert.equal((await site.pull(`/v2/team/bare/blobs/${LAYER.digest}`)).status, 404);
    assert.ok(site.line.carried - before < 10_000);
  });

  test('bytes of another digest are not kept, and no client takes them for whole', async (context) => {
    const site = await startCacheSite(context);
    await pushImage(site.upstream, 'team/app', '1.0', { layers: [LAYER] });
    const path = join(site.upstream.folder, 'served/blobs/sha256', hexOf(LAYER.digest));
    const wrong = Buffer.from(LAYER.bytes);
    wrong[500_000] = (wrong[500_000] ?? 0) ^ 1;
    await writeFile(path, wrong);
    await assert.rejects(site.pull(`/v2/team/app/blobs/${LAYER.digest}`));
    assert.ok(site.log.some(({ event }) => event === 'not-cached'));
    await writeFile(path, LAYER.bytes);
    const again = await site.pull(`/v2/team/app/blobs/${LAYER.digest}`);
    assert.equal(digestOf(again.body), LAYER.digest);
  });
});

suite('what the registry says', () => {
  test('a tag that moved is followed, and an image that was deleted is gone', async (context) => {
    const site = await startCacheSite(context);
    await pushImage(site.upstream, 'team/app', 'main', { layers: [LAYER] });
    await site.pull('/v2/team/app/manifests/main');
    const next = await pushImage(site.upstream, 'team/app', 'main', { annotations: { next: 'yes' } });
    const { headers } = await site.send('HEAD', '/v2/team/app/manifests/main');
    assert.equal(headers['docker-content-digest'], next.digest);
    assert.equal((await site.pull(`/v2/team/app/manifests/${next.digest}`)).status, 200);
    await site.upstream.send('DELETE', `/v2/team/app/manifests/${next.digest}`);
    for (const reference of ['main', next.digest])
      assert.deepEqual((await site.pull(`/v2/team/app/manifests/${reference}`)).codes, ['MANIFEST_UNKNOWN']);
    site.line.cut();
    for (const reference of ['main', next.digest])
      assert.equal((await site.pull(`/v2/team/app/manifests/${reference}`)).status, 502);
  });

  test('who may not pull there may not pull here, whatever others have pulled', async (context) => {
    const site = await startCacheSite(context);
    await pushImage(site.upstream, 'secret/app', '1.0', { layers: [LAYER] });
    const paths = ['/v2/secret/app/manifests/1.0', `/v2/secret/app/blobs/${LAYER.digest}`];
    const as = (authorization: string) => ({ headers: { authorization } });
    for (const path of paths)
      assert.equal((await site.pull(path, as(basic('ada', 'päss:word')))).status, 200);
    for (const path of paths) {
      assert.deepEqual((await site.pull(path)).codes, ['DENIED']);
      assert.deepEqual((await site.pull(path, as(basic('ada', 'guess')))).codes, ['DENIED']);
      const asked = await site.pull(path, as(basic('', '')));
      assert.deepEqual([asked.status, asked.headers['www-authenticate']?.slice(0, 6)], [401, 'Basic ']);
    }
    const refused = await site.pull(paths[0] ?? '', as('Bearer token-of-elsewhere'));
    assert.equal(refused.status, 401);
  });

  test('a user that lost its right has lost it here a minute later', async (context) => {
    const site = await startCacheSite(context);
    await pushImage(site.upstream, 'team/app', '1.0', {});
    assert.equal((await site.pull('/v2/team/app/manifests/1.0')).status, 200);
    site.users.users = new Map([...(site.users.users ?? [])].filter(([name]) => name !== 'node'));
    site.wait(61_000);
    assert.deepEqual((await site.pull('/v2/team/app/manifests/1.0')).codes, ['DENIED']);
    site.line.cut();
    site.wait(6 * 60_000);
    assert.equal((await site.pull('/v2/team/app/manifests/1.0')).status, 502);
  });

  test("containerd's names of other registries lead to what the registry keeps under them", async (context) => {
    const site = await startCacheSite(context);
    const image = await pushImage(site.upstream, 'docker.io/library/app', '1.0', { layers: [LAYER] });
    for (const path of ['manifests/1.0', `manifests/${image.digest}`, `blobs/${LAYER.digest}`])
      assert.equal((await site.pull(`/v2/library/app/${path}?ns=docker.io`)).status, 200, path);
  });

  test('nothing can be pushed, deleted or listed', async (context) => {
    const site = await startCacheSite(context);
    assert.equal((await site.pull('/v2/')).status, 200);
    assert.equal((await site.pull('/v2/_catalog')).status, 403);
    for (const [method, path] of [
      ['POST', 'blobs/uploads/'],
      ['PUT', 'manifests/1.0'],
      ['DELETE', 'manifests/1.0'],
    ] as const)
      assert.equal((await site.send(method, `/v2/team/app/${path}`, { body: '{}' })).status, 405);
    const tags = async () => (await site.pull('/v2/team/app/tags/list')).body.toString();
    await pushImage(site.upstream, 'team/app', '1.0', {});
    assert.deepEqual(JSON.parse(await tags()).tags, ['1.0']);
  });
});

suite('while the registry is away', () => {
  test('what has come before is served by tag and by digest, also to a machine that is new', async (context) => {
    const site = await startCacheSite(context);
    const image = await pushImage(site.upstream, 'team/app', '1.0', { layers: [LAYER] });
    const index = indexOf([image]);
    await putManifest(site.upstream, 'team/app', 'multi', index);
    const paths = ['manifests/multi', `manifests/${image.digest}`, `blobs/${LAYER.digest}`];
    for (const path of paths) assert.equal((await site.pull(`/v2/team/app/${path}`)).status, 200);
    site.line.cut();
    site.wait(DAY);
    for (const path of paths) assert.equal((await site.pull(`/v2/team/app/${path}`)).status, 200, path);
    assert.equal((await site.pull('/v2/team/app/manifests/never')).status, 502);
    assert.deepEqual(
      site.log.filter(({ event }) => event === 'upstream-away').length,
      1,
      'told once and not for each question',
    );
  });

  test('a process that starts meanwhile knows who may pull what, and no password', async (context) => {
    const site = await startCacheSite(context);
    await pushImage(site.upstream, 'team/app', '1.0', { layers: [LAYER] });
    const paths = ['manifests/1.0', `blobs/${LAYER.digest}`].map((path) => `/v2/team/app/${path}`);
    for (const path of paths) await site.pull(path);
    site.line.cut();
    await site.restart();
    for (const path of paths) assert.equal((await site.pull(path)).status, 200);
    for (const authorization of [basic('node', 'guess'), basic('ada', 'päss:word'), basic('', '')])
      assert.equal((await site.pull(paths[0] ?? '', { headers: { authorization } })).status, 502);
    const kept = await readFile(`${site.folder}/clients.json`, 'utf8');
    assert.doesNotMatch(kept, /secret/);
    assert.match(kept, /"user":"node"/);
  });

  test('it does not serve for ever, and all is well when the registry is back', async (context) => {
    const site = await startCacheSite(context);
    await pushImage(site.upstream, 'team/app', '1.0', {});
    const status = async () => (await site.pull('/v2/team/app/manifests/1.0')).status;
    assert.equal(await status(), 200);
    site.line.cut();
    site.wait(3 * DAY - 1000);
    assert.equal(await status(), 200);
    site.wait(2000);
    assert.equal(await status(), 502);
    site.line.mend();
    site.wait(20_000);
    assert.equal(await status(), 200);
    assert.ok(site.log.some(({ event }) => event === 'upstream-back'));
  });
});

suite('how much is kept', () => {
  const images = ['a', 'b', 'c', 'd'].map((name) => ({ name, layer: blobOf(name, 1_000_000) }));

  test('what was asked for longest ago makes room, and comes again when it is asked for', async (context) => {
    const site = await startCacheSite(context, { limit: 3_300_000 });
    for (const { name, layer } of images)
      await pushImage(site.upstream, `team/${name}`, '1', { layers: [layer] });
    const pull = async (name: string) => {
      const layer = images.find((one) => one.name === name)?.layer;
      site.wait(1000);
      assert.equal((await site.pull(`/v2/team/${name}/manifests/1`)).status, 200);
      const got = await site.pull(`/v2/team/${name}/blobs/${layer?.digest}`);
      assert.equal(digestOf(got.body), layer?.digest);
    };
    const carriedFor = async (name: string) => {
      const before = site.line.carried;
      await pull(name);
      return site.line.carried - before > 500_000 ? 'line' : 'cache';
    };
    for (const name of ['a', 'b', 'c', 'a']) await pull(name);
    assert.equal(await carriedFor('d'), 'line');
    assert.ok(site.log.some(({ event }) => event === 'made-room'));
    assert.deepEqual(
      [await carriedFor('a'), await carriedFor('d'), await carriedFor('b')],
      ['cache', 'cache', 'line'],
    );
    assert.ok((await site.held()) <= 3_300_000);
  });

  test('what is larger than the cache goes past it', async (context) => {
    const site = await startCacheSite(context, { limit: 900_000 });
    const [{ layer }] = [images[0] ?? { layer: LAYER }];
    await pushImage(site.upstream, 'team/a', '1', { layers: [layer] });
    for (let round = 0; round < 2; round++)
      assert.equal(digestOf((await site.pull(`/v2/team/a/blobs/${layer.digest}`)).body), layer.digest);
    assert.ok(site.line.carried > 2_000_000);
  });

  test('on a full disk everything goes past it', async (context) => {
    const site = await startCacheSite(context, { free: async () => 1_000_000 });
    await pushImage(site.upstream, 'team/app', '1.0', { layers: [LAYER] });
    assert.equal((await site.pull('/v2/team/app/manifests/1.0')).status, 200);
    assert.equal((await site.pull(`/v2/team/app/blobs/${LAYER.digest}`)).status, 200);
    assert.equal(await site.held(), 0);
  });
});

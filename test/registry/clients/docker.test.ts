import assert from 'node:assert/strict';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import type { Descriptor } from '../../../content/descriptor.ts';
import { type Digest, digestOf } from '../../../content/digest.ts';
import { openLayout } from '../../../content/layout/layout.ts';
import { parseManifest } from '../../../content/manifest.ts';
import type { Manifest } from '../../../content/store.ts';
import { DockerEngine } from './docker-engine.ts';
import { FULL, serveStore } from './served-store.ts';
import { openSite, type Site } from './site.ts';

let site: Site<never>;

before(async () => {
  site = await openSite([]);
});

after(async () => await site?.[Symbol.asyncDispose]());

describe("Docker's engine", () => {
  for (const openness of ['everything', 'pull', 'nothing'] as const) {
    test(`logs in, pushes a list of images and pulls it where everybody may do: ${openness}`, async () => {
      await using served = await serveStore(join(site.folder, `docker-${openness}`), openness);
      const pusher = new DockerEngine(served.host, 'team/app', openness === 'everything' ? undefined : FULL);
      await pusher.login();
      await push(pusher, site.images.docker);
      await served.assertHolds('team/app', '1', site.images.docker);
      const puller = new DockerEngine(served.host, 'team/app', openness === 'nothing' ? FULL : undefined);
      await pull(puller, site.images.docker);
    });
  }

  test('is told that its password is wrong, and gets nothing without one', async () => {
    await using served = await serveStore(join(site.folder, 'docker-wrong'), 'nothing');
    await assert.rejects(
      new DockerEngine(served.host, 'team/app', { ...FULL, password: 'wrong' }).login(),
      /401/,
    );
    await assert.rejects(new DockerEngine(served.host, 'team/app').pullManifest('1'), /401/);
    await assert.rejects(
      new DockerEngine(served.host, 'team/app').pushBlob(digestOf('x'), Buffer.from('x')),
      /401/,
    );
  });

  test('finds what is there, mounts what it pushed elsewhere, and sends the rest', async () => {
    const { host } = site.registry;
    await push(new DockerEngine(host, 'team/first'), site.images.docker);
    const [image] = await imagesOf(site.images.docker);
    const [blob] = image?.blobs ?? [];
    assert.ok(blob !== undefined);
    const bytes = await bytesOf(blob);
    const engine = new DockerEngine(host, 'team/second');
    assert.equal(await engine.pushBlob(blob.digest, bytes, 'team/first'), 'mounted');
    assert.equal(await engine.pushBlob(blob.digest, bytes, 'team/first'), 'there');
    const own = Buffer.from('bytes that no repository has');
    assert.equal(await engine.pushBlob(digestOf(own), own, 'team/first'), 'sent');
  });

  test('pushes and pulls an index of the newer kind, attestations included', async () => {
    const engine = new DockerEngine(site.registry.host, 'team/buildkit');
    await push(engine, site.images.app);
    await site.registry.assertHolds('team/buildkit', '1', site.images.app);
    await pull(engine, site.images.app);
  });
});

async function push(engine: DockerEngine, index: Manifest): Promise<void> {
  for (const { manifest, blobs } of await imagesOf(index)) {
    for (const blob of blobs) await engine.pushBlob(blob.digest, await bytesOf(blob));
    const { digest, mediaType, bytes } = manifest;
    assert.equal(await engine.pushManifest(digest, mediaType, bytes), digest);
  }
  assert.equal(await engine.pushManifest('1', index.mediaType, index.bytes), index.digest);
}

async function pull(engine: DockerEngine, index: Manifest): Promise<void> {
  const pulled = await engine.pullManifest('1');
  assert.deepEqual(pulled, { ...index, bytes: Buffer.from(index.bytes) });
  for (const { manifest, blobs } of await imagesOf(index)) {
    assert.equal(digestOf((await engine.pullManifest(manifest.digest)).bytes), manifest.digest);
    for (const { digest } of blobs) assert.equal(digestOf(await engine.pullBlob(digest)), digest);
  }
}

interface Image {
  readonly manifest: Manifest;
  readonly blobs: readonly Descriptor[];
}

async function imagesOf(index: Manifest): Promise<Image[]> {
  const layout = await openLayout(site.images.folder);
  const read = async (digest: Digest): Promise<Image> => {
    const manifest = await layout.readManifest('any', digest);
    assert.ok(manifest !== undefined);
    return { manifest, blobs: parseManifest(manifest, digest).blobs };
  };
  return await Promise.all(parseManifest(index, index.digest).manifests.map(({ digest }) => read(digest)));
}

async function bytesOf({ digest }: Descriptor): Promise<Buffer> {
  const reader = await (await openLayout(site.images.folder)).readBlob('any', digest);
  assert.ok(reader !== undefined);
  return await buffer(reader.stream);
}

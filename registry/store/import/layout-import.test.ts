import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { type Digest, hexOf } from '../../../content/digest.ts';
import { openLayout } from '../../../content/layout/layout.ts';
import { descriptorOf, manifestOf } from '../../../content/manifest.ts';
import { MediaType } from '../../../content/media-type.ts';
import type { Manifest, WritableStore } from '../../../content/store.ts';
import { blobOf, imageOf } from '../../testing/content.ts';
import { openServedStore } from '../open.ts';

test('a layout becomes the same store as the log that is written of it', async (t) => {
  const { folder, layer } = await makeLayout(t);
  const first = await shown(folder);
  for (const name of ['index.sqlite', 'index.sqlite-wal', 'index.sqlite-shm'])
    await rm(join(folder, name), { force: true });
  assert.deepEqual(await shown(folder), first);
  assert.ok(first.edges.length >= 5);
  assert.ok(first.blobs.some((row) => row.digest === layer && row.used === 1));
});

test('what a crash left of the index of a layout is not used', async (t) => {
  const { folder } = await makeLayout(t);
  await writeFile(join(folder, 'index.sqlite.new'), 'half of an index');
  assert.equal((await shown(folder)).tags.length, 21);
});

test('what a corrupt manifest of a layout holds on to is unknown, and it is not served', async (t) => {
  const { folder, manifest, bytes } = await makeLayout(t);
  const path = join(folder, 'blobs/sha256', hexOf(manifest));
  await writeFile(path, Buffer.from(bytes.toString().replace('"number":"3"', '"number":"4"')));
  const store = await openServedStore(folder);
  t.after(() => store.close());
  assert.equal(await store.readManifest('team/app', 'v3'), undefined);
  assert.ok(await store.readManifest('team/app', 'v2'));
});

/** Two images with ten tags each, an index over one of them, and a signature of it. */
async function makeLayout(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-import-'));
  t.after(async () => await rm(folder, { recursive: true, force: true }));
  const layout = await openLayout(folder, { create: true });
  const layer = blobOf('layer', 1000);
  await layout.writeBlob(
    'team/app',
    { mediaType: MediaType.layer, digest: layer.digest, size: 1000 },
    async () => Readable.from([layer.bytes]),
  );
  const image = (number: number) => imageOf({ layers: [layer], annotations: { number: `${number}` } });
  const [one, two] = [image(2), image(3)];
  for (let at = 0; at < 20; at++) await put(layout, `v${at}`, at % 2 === 0 ? one : two);
  const index = manifestOf(MediaType.index, {
    schemaVersion: 2,
    mediaType: MediaType.index,
    manifests: [descriptorOf(one)],
  });
  await put(layout, 'all', index);
  const signature = imageOf({ artifactType: 'application/x.signature', subject: one });
  await put(layout, signature.digest, signature);
  return { folder, layer: layer.digest, manifest: two.digest, bytes: Buffer.from(two.bytes) };
}

async function put(store: WritableStore, reference: Digest | string, manifest: Manifest): Promise<void> {
  await store.writeManifest('team/app', reference, manifest);
}

/** What the tables say, but for the moment. */
async function shown(folder: string) {
  const store = await openServedStore(folder);
  try {
    const all = (sql: string) => store.index.database.prepare(sql).all();
    return {
      tags: all('SELECT t.name, d.digest FROM tags t JOIN digests d ON d.id = t.manifest ORDER BY t.name'),
      digests: all('SELECT digest, size, present FROM digests ORDER BY digest'),
      blobs: all(
        'SELECT d.digest, b.used FROM repository_blobs b JOIN digests d ON d.id = b.blob ORDER BY digest',
      ),
      manifests: all(
        'SELECT d.digest, m.media_type, m.referrer, m.known FROM manifests m JOIN digests d ON d.id = m.id ORDER BY 1',
      ),
      edges: all(
        'SELECT h.digest AS holder, t.digest AS target, kind FROM edges JOIN digests h ON h.id = holder JOIN digests t ON t.id = target ORDER BY 1, 2',
      ),
      ways: all("SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY name"),
    };
  } finally {
    await store.close();
  }
}

import assert from 'node:assert/strict';
import { readdir, readlink, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { fileSize } from '../../content/bytes/blob-file.ts';
import { digestOf } from '../../content/digest.ts';
import { collectGarbage } from '../../registry/gc/collect.ts';
import type { DiskSpaceSettings } from '../../registry/server/server.ts';
import { BALLAST_BYTES, Ballast } from '../../registry/store/files/ballast.ts';
import { openServedStore } from '../../registry/store/open.ts';
import type { ServedStore } from '../../registry/store/served-store.ts';
import { blobOf, imageOf, openUpload, type TestBlob } from '../../registry/testing/content.ts';
import { type Answer, startRegistry, type TestRegistry } from '../../registry/testing/registry.ts';
import { fillDisk, mountSmallDisk, type SmallDisk } from './small-disk.ts';

const MIB = 1024 ** 2;
const CONFIG: TestBlob = { bytes: Buffer.from('{}'), digest: digestOf('{}') };
/** A disk that seems to have room for everything, so that only writing to it tells. */
const ENDLESS: DiskSpaceSettings = {
  measure: async () => ({ free: 2 ** 50, size: 2 ** 50, freeFiles: 0, files: 0 }),
};

suite('a registry on a disk that gets full', { timeout: 120_000 }, () => {
  test('pushes are refused before the reserve is touched; what was taken is served, and room that comes back is used', async (context) => {
    await using disk = await mountSmallDisk(48 * MIB);
    const filler = join(disk.folder, 'filler');
    await fillDisk(filler, 16 * MIB);
    await using site = await openSite(context, disk);
    const { registry } = site;
    const pushed: TestBlob[] = [];
    let refusal: Answer | undefined;
    for (let number = 0; refusal === undefined; number++) {
      const blob = blobOf(`layer ${number}`, 3 * MIB);
      const answer = await pushImage(registry, `v${number}`, blob, number % 2 === 0);
      if (answer.status === 201) pushed.push(blob);
      else refusal = answer;
    }
    assert.deepEqual([refusal.status, refusal.codes], [507, ['INSUFFICIENT_STORAGE']]);
    assert.ok(pushed.length >= 6, `${pushed.length} images were taken`);
    assert.ok((await freeBytes(disk)) >= (48 * MIB) / 20 - 64 * 1024, 'the reserve is untouched');
    await assertServed(registry, pushed);
    // Room comes back by collecting what was deleted …
    assert.equal((await registry.send('DELETE', '/v2/app/manifests/v0')).status, 202);
    assert.equal((await registry.send('GET', '/v2/app/manifests/v0')).status, 404);
    assert.ok((await collect(site.store)) >= 3 * MIB);
    const replacement = blobOf('replacement', 3 * MIB);
    assert.equal((await pushImage(registry, 'replacement', replacement, true)).status, 201);
    // … and when somebody else makes some.
    await rm(filler);
    const late = blobOf('late', 3 * MIB);
    assert.equal((await pushImage(registry, 'late', late, true)).status, 201);
    await assertServed(registry, [...pushed.slice(1), replacement, late]);
  });

  test('a full disk in the middle of pushes gives 507, loses nothing that was acknowledged, and leaves no file open', async (context) => {
    await using disk = await mountSmallDisk(32 * MIB);
    await using site = await openSite(context, disk, ENDLESS);
    const { registry } = site;
    await pushImage(registry, 'first', blobOf('first', MIB), false);
    const before = await openFiles(disk);
    const taken: TestBlob[] = [];
    const answers = new Set<number>();
    await Promise.all(
      Array.from({ length: 6 }, async (_, client) => {
        for (let number = 0; number < 6; number++) {
          const blob = blobOf(`${client} ${number}`, 2 * MIB);
          const answer = await pushImage(registry, `c${client}-${number}`, blob, client % 2 === 0);
          answers.add(answer.status);
          if (answer.status === 201) taken.push(blob);
        }
      }),
    );
    assert.deepEqual([...answers].sort(), [201, 507]);
    await assertServed(registry, taken);
    assert.deepEqual(await openFiles(disk), before);
  });

  test('an upload that a full disk stopped goes on where it was once there is room', async (context) => {
    await using disk = await mountSmallDisk(16 * MIB);
    await using site = await openSite(context, disk, ENDLESS);
    const { registry } = site;
    const filler = join(disk.folder, 'filler');
    const blob = blobOf('interrupted', 4 * MIB);
    const upload = await openUpload(registry, 'app');
    const half = blob.bytes.subarray(0, 2 * MIB);
    assert.equal((await registry.send('PATCH', upload, { body: half })).status, 202);
    await fillDisk(filler);
    const rest = blob.bytes.subarray(2 * MIB);
    const full = await registry.send('PATCH', upload, { body: rest });
    assert.deepEqual([full.status, full.codes], [507, ['INSUFFICIENT_STORAGE']]);
    await rm(filler);
    const state = await registry.send('GET', upload);
    const held = Number(state.headers.range?.split('-')[1]) + 1;
    assert.ok(held >= half.byteLength);
    const last = await registry.send('PUT', `${upload}?digest=${blob.digest}`, {
      body: blob.bytes.subarray(held),
    });
    assert.equal(last.status, 201);
    await assertServed(registry, [blob]);
  });

  test('on a disk without a free byte a registry starts, serves and deletes, and takes pushes once there is room', async (context) => {
    await using disk = await mountSmallDisk(40 * MIB);
    const filler = join(disk.folder, 'filler');
    const [kept, gone] = [blobOf('kept', MIB), blobOf('gone', MIB)];
    {
      await using site = await openSite(context, disk, { keepFree: 8 * MIB });
      assert.equal((await pushImage(site.registry, 'kept', kept, false)).status, 201);
      for (let number = 0; number < 40; number++)
        assert.equal((await pushImage(site.registry, `gone-${number}`, gone, false)).status, 201);
    }
    await fillDisk(filler);
    assert.equal(await freeBytes(disk), 0);
    {
      await using site = await openSite(context, disk, { keepFree: 8 * MIB });
      await assertServed(site.registry, [kept, gone]);
      const refused = await pushImage(site.registry, 'new', blobOf('new', MIB), true);
      assert.deepEqual([refused.status, refused.codes], [507, ['INSUFFICIENT_STORAGE']]);
      await deleteTags(site.registry, 0, 20);
      await collect(site.store);
    }
    await rm(filler);
    await using site = await openSite(context, disk, { keepFree: 8 * MIB });
    // The same once more while it runs.
    await fillDisk(filler);
    await deleteTags(site.registry, 20, 40);
    assert.ok((await collect(site.store)) >= MIB);
    await rm(filler);
    await assertServed(site.registry, [kept]);
    assert.equal((await site.registry.send('GET', '/v2/app/manifests/gone-39')).status, 404);
    assert.equal((await pushImage(site.registry, 'new', blobOf('new', MIB), true)).status, 201);
  });

  test('a disk that takes no more files is a full disk, whether it says so or not', async (context) => {
    for (const room of [{}, ENDLESS]) {
      await using disk = await mountSmallDisk(64 * MIB, 120);
      await using site = await openSite(context, disk, room);
      const taken: TestBlob[] = [];
      let refusal: Answer | undefined;
      for (let number = 0; refusal === undefined; number++) {
        const blob = blobOf(`layer ${number}`, 100);
        const answer = await pushImage(site.registry, `v${number}`, blob, false);
        if (answer.status === 201) taken.push(blob);
        else refusal = answer;
      }
      assert.deepEqual([refusal.status, refusal.codes], [507, ['INSUFFICIENT_STORAGE']]);
      assert.ok(taken.length >= 20, `${taken.length} images were taken`);
      await assertServed(site.registry, taken);
      for (const number of [0, 1, 2, 3])
        assert.equal((await site.registry.send('DELETE', `/v2/app/manifests/v${number}`)).status, 202);
      await collect(site.store);
      const again = blobOf('again', 100);
      assert.equal((await pushImage(site.registry, 'again', again, false)).status, 201);
      await assertServed(site.registry, [...taken.slice(4), again]);
    }
  });

  test('the ballast of a store goes when the disk is full, and comes back when there is room again', async () => {
    await using disk = await mountSmallDisk(32 * MIB);
    const ballast = new Ballast(disk.folder, BALLAST_BYTES);
    await ballast.trim();
    assert.equal(await fileSize(ballast.path), 4 * MIB);
    const filler = join(disk.folder, 'filler');
    await fillDisk(filler);
    await ballast.trim();
    assert.equal(await fileSize(ballast.path), undefined);
    await rm(filler);
    await ballast.trim();
    assert.equal(await fileSize(ballast.path), 4 * MIB);
  });
});

/** A registry whose store and uploads are on the disk. */
async function openSite(context: TestContext, disk: SmallDisk, room: DiskSpaceSettings = {}) {
  const folder = join(disk.folder, 'store');
  const store = await openServedStore(folder, { ballast: BALLAST_BYTES });
  const registry = await startRegistry(context, {
    store,
    uploads: join(folder, '.uploads'),
    diskSpace: room,
  });
  return {
    store,
    registry,
    [Symbol.asyncDispose]: async () => {
      await registry.close();
      await store.close();
    },
  };
}

/** Pushes a layer, a config and a manifest; the answer that was not what it should be, or the last. */
async function pushImage(
  registry: TestRegistry,
  tag: string,
  layer: TestBlob,
  inPieces: boolean,
): Promise<Answer> {
  for (const blob of [layer, CONFIG]) {
    const opened = await registry.send('POST', '/v2/app/blobs/uploads/', { body: '' });
    if (opened.status !== 202) return opened;
    const upload = opened.headers.location ?? '';
    const body = inPieces ? piecesOf(blob.bytes) : blob.bytes;
    const patched = await registry.send('PATCH', upload, { body });
    if (patched.status !== 202) {
      await registry.send('DELETE', upload);
      return patched;
    }
    const put = await registry.send('PUT', `${upload}?digest=${blob.digest}`, { body: '' });
    if (put.status !== 201) return put;
  }
  const manifest = imageOf({ layers: [layer] });
  return await registry.send('PUT', `/v2/app/manifests/${tag}`, {
    body: manifest.bytes,
    headers: { 'content-type': manifest.mediaType },
  });
}

function piecesOf(bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let start = 0; start < bytes.byteLength; start += 64 * 1024)
    pieces.push(bytes.subarray(start, start + 64 * 1024));
  return pieces;
}

/** Collects garbage; bytes that came back. */
async function collect(store: ServedStore): Promise<number> {
  const options = { plan: false, quarantine: false, keepUntagged: 0, rules: [], roots: [] };
  let freed = 0;
  for await (const event of collectGarbage(store, options, new AbortController().signal))
    if (event.type === 'done') freed = event.bytes;
  return freed;
}

async function deleteTags(registry: TestRegistry, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number++)
    assert.equal((await registry.send('DELETE', `/v2/app/manifests/gone-${number}`)).status, 202);
}

async function assertServed(registry: TestRegistry, blobs: readonly TestBlob[]): Promise<void> {
  for (const { digest } of blobs) {
    const { status, body } = await registry.send('GET', `/v2/app/blobs/${digest}`);
    assert.equal(status, 200);
    assert.equal(digestOf(body), digest);
  }
}

async function freeBytes({ folder }: SmallDisk): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** What this process has open on the disk, by name; names of deleted files count too. */
async function openFiles({ folder }: SmallDisk): Promise<string[]> {
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  return links.filter((path) => path.startsWith(folder)).sort();
}

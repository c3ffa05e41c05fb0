import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, type TestContext, test } from 'node:test';
import type { Descriptor } from '../../content/descriptor.ts';
import { digestOf } from '../../content/digest.ts';
import { openLayout } from '../../content/layout/layout.ts';
import { manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import type { Manifest, WritableStore } from '../../content/store.ts';
import type { LogRecord } from '../log.ts';
import { openServedStore } from './open.ts';
import type { ServedStore } from './served-store.ts';

const R = 'team/app';

async function opened(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-served-'));
  const events: LogRecord[] = [];
  let store: ServedStore | undefined = await open();
  async function open() {
    return await openServedStore(folder, { report: (record) => events.push(record) });
  }
  context.after(async () => {
    await store?.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    folder,
    events,
    get store(): ServedStore {
      assert.ok(store);
      return store;
    },
    /** Closes the store, lets something happen to the folder, and opens it again. */
    reopen: async (meanwhile: () => Promise<void> = async () => {}) => {
      await store?.close();
      store = undefined;
      await meanwhile();
      store = await open();
    },
  };
}

async function putBlob(store: WritableStore, repository: string, text: string): Promise<Descriptor> {
  const bytes = Buffer.from(text);
  const descriptor = { mediaType: MediaType.layer, digest: digestOf(bytes), size: bytes.byteLength };
  await store.writeBlob(repository, descriptor, async (offset) => Readable.from([bytes.subarray(offset)]));
  return descriptor;
}

async function putImage(
  store: WritableStore,
  reference: string,
  {
    repository = R,
    text = reference,
    subject,
  }: { repository?: string; text?: string; subject?: Manifest } = {},
): Promise<Manifest> {
  const config = await putBlob(store, repository, '{}');
  const layer = await putBlob(store, repository, text);
  const image = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config,
    layers: [layer],
    ...(subject === undefined
      ? {}
      : {
          subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.bytes.byteLength },
        }),
  });
  await store.writeManifest(repository, reference === '' ? image.digest : reference, image);
  return image;
}

describe('a store of the private registry', () => {
  test('holds what was written after it is opened again', async (context) => {
    const site = await opened(context);
    const image = await putImage(site.store, 'v1');
    const signature = await putImage(site.store, '', { text: 'signature', subject: image });
    await site.reopen();
    assert.deepEqual((await site.store.readManifest(R, 'v1'))?.bytes, image.bytes);
    assert.deepEqual(await site.store.listTags(R), ['v1']);
    assert.deepEqual(await site.store.listRepositories(), [R]);
    const referrers = await site.store.listReferrers(R, image.digest);
    assert.deepEqual(
      referrers.map(({ digest }) => digest),
      [signature.digest],
    );
  });

  test('shows a blob only in the repositories that it was pushed to or mounted in', async (context) => {
    const { store } = await opened(context);
    const blob = await putBlob(store, 'a', 'bytes');
    assert.equal(await store.statBlob('b', blob.digest), undefined);
    assert.equal(await store.locateBlob('b', blob.digest), undefined);
    assert.equal(await store.mountBlob('b', blob, 'c'), false);
    assert.equal(await store.mountBlob('b', blob, 'a'), true);
    assert.equal(await store.statBlob('b', blob.digest), blob.size);
    assert.equal(await store.deleteBlob('a', blob.digest), true);
    assert.equal(await store.statBlob('a', blob.digest), undefined);
    assert.equal(await store.statBlob('b', blob.digest), blob.size);
  });

  test('forgets a deleted manifest with its tags, and its repository with the last of its content', async (context) => {
    const site = await opened(context);
    const image = await putImage(site.store, 'v1');
    await site.store.writeManifest(R, 'v2', image);
    assert.equal(await site.store.deleteManifest(R, image.digest), true);
    assert.equal(await site.store.deleteManifest(R, image.digest), false);
    assert.deepEqual(await site.store.listTags(R), []);
    for (const text of ['{}', 'v1']) await site.store.deleteBlob(R, digestOf(text));
    await site.reopen();
    assert.equal(await site.store.hasRepository(R), false);
  });

  test('refuses a second process', async (context) => {
    const { folder } = await opened(context);
    await assert.rejects(openServedStore(folder), { code: 'REGISTRY_STORE_IN_USE' });
  });
});

describe('a store opens by itself', () => {
  test('without its index', async (context) => {
    const site = await opened(context);
    const image = await putImage(site.store, 'v1');
    const before = await site.store.listTags(R);
    await site.reopen(async () => {
      for (const name of await readdir(site.folder))
        if (name.startsWith('index.sqlite')) await rm(join(site.folder, name));
    });
    assert.deepEqual(await site.store.listTags(R), before);
    assert.deepEqual((await site.store.readManifest(R, image.digest))?.bytes, image.bytes);
    assert.equal(await site.store.statBlob(R, digestOf('v1')), 2);
  });

  test('with an index full of garbage', async (context) => {
    const site = await opened(context);
    await putImage(site.store, 'v1');
    await site.reopen(async () => await writeFile(join(site.folder, 'index.sqlite'), Buffer.alloc(9000, 7)));
    assert.deepEqual(await site.store.listTags(R), ['v1']);
  });

  test('without its log', async (context) => {
    const site = await opened(context);
    await putImage(site.store, 'v1');
    await site.reopen(async () => await rm(join(site.folder, 'registry.log')));
    assert.deepEqual(await site.store.listTags(R), ['v1']);
    await putImage(site.store, 'v2');
    await site.reopen();
    assert.deepEqual(await site.store.listTags(R), ['v1', 'v2']);
  });

  test('with a last line that a power cut left half written', async (context) => {
    const site = await opened(context);
    await putImage(site.store, 'v1');
    const log = join(site.folder, 'registry.log');
    const { size } = await stat(log);
    await site.reopen(async () => await appendFile(log, '0badc0de [{"op":"drop-tag","repos'));
    assert.equal((await stat(log)).size, size);
    await putImage(site.store, 'v2');
    await site.reopen();
    assert.deepEqual(await site.store.listTags(R), ['v1', 'v2']);
  });

  test('with a rotten line in its log, without losing what the index knows', async (context) => {
    const site = await opened(context);
    await putImage(site.store, 'v1');
    await putImage(site.store, 'v2');
    const log = join(site.folder, 'registry.log');
    await site.reopen(async () => {
      const text = await readFile(log, 'utf8');
      await writeFile(log, text.replace('"tag":"v1"', '"tag":"x1"'));
    });
    assert.deepEqual(await site.store.listTags(R), ['v1', 'v2']);
  });

  test('with a rotten line in its log and without its index, and keeps a copy of the log', async (context) => {
    const site = await opened(context);
    await putImage(site.store, 'v1');
    await putImage(site.store, 'v2');
    await site.reopen(async () => {
      const log = join(site.folder, 'registry.log');
      const text = await readFile(log, 'utf8');
      await writeFile(log, text.replace('"tag":"v1"', '"tag":"x1"'));
      await rm(join(site.folder, 'index.sqlite'));
    });
    assert.deepEqual(await site.store.listTags(R), ['v2']);
    assert.ok((await readdir(site.folder)).some((name) => name.startsWith('registry.log.damaged-')));
    assert.ok(site.events.some(({ event }) => event === 'log-damaged'));
    await site.reopen();
    assert.deepEqual(await site.store.listTags(R), ['v2']);
  });

  test('with a log that is shorter than what its index has seen', async (context) => {
    const site = await opened(context);
    await putImage(site.store, 'v1');
    const log = join(site.folder, 'registry.log');
    const { size } = await stat(log);
    await putImage(site.store, 'v2');
    await site.reopen(async () => await truncate(log, size));
    assert.deepEqual(await site.store.listTags(R), ['v1', 'v2']);
    await site.reopen();
    assert.deepEqual(await site.store.listTags(R), ['v1', 'v2']);
  });

  test('and does not show a blob whose file is gone', async (context) => {
    const site = await opened(context);
    const blob = await putBlob(site.store, R, 'bytes');
    await site.reopen(async () => {
      await rm(join(site.folder, 'blobs/sha256', blob.digest.slice(7)));
      await rm(join(site.folder, 'index.sqlite'));
    });
    assert.equal(await site.store.statBlob(R, blob.digest), undefined);
    await putBlob(site.store, R, 'bytes');
    assert.equal(await site.store.statBlob(R, blob.digest), blob.size);
  });
});

test('a rotten manifest is never given out, and is put where it can be looked at', async (context) => {
  const site = await opened(context);
  const image = await putImage(site.store, 'v1');
  await site.reopen(async () => {
    const path = join(site.folder, 'blobs/sha256', image.digest.slice(7));
    await writeFile(path, (await readFile(path, 'utf8')).replace('layer', 'LAYER'));
  });
  assert.equal(await site.store.readManifest(R, 'v1'), undefined);
  assert.deepEqual(await readdir(join(site.folder, 'quarantine')), [image.digest.replace(':', '-')]);
  await putImage(site.store, 'v1');
  assert.deepEqual((await site.store.readManifest(R, 'v1'))?.bytes, image.bytes);
});

test('an OCI image layout becomes a store where it stands, with its referrers', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-served-'));
  context.after(async () => await rm(folder, { recursive: true, force: true }));
  const layout = await openLayout(folder, { create: true });
  const image = await putImage(layout, 'v1');
  const signature = await putImage(layout, '', { text: 'signature', subject: image });
  const store = await openServedStore(folder);
  context.after(async () => await store.close());
  assert.deepEqual((await store.readManifest(R, 'v1'))?.bytes, image.bytes);
  assert.equal(await store.statBlob(R, digestOf('v1')), 2);
  assert.deepEqual(
    (await store.listReferrers(R, image.digest)).map(({ digest }) => digest),
    [signature.digest],
  );
});

test('a repository that is emptied and filled again in one transaction holds what came last', async (context) => {
  const site = await opened(context);
  const { digest, size } = await putBlob(site.store, 'team/brief', 'brief');
  const blob = { repository: 'team/brief', digest, at: 1 };
  const changes = [
    { op: 'drop-blob', ...blob },
    { op: 'blob', ...blob, size },
  ] as const;
  await Promise.all(changes.map((change) => site.store.commit([change])));
  await site.store.commit(changes);
  assert.equal(await site.store.statBlob('team/brief', digest), size);
  assert.deepEqual(await site.store.listRepositories(), ['team/brief']);
});

import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { copyToBundle } from '../../bundle/file/copy-to-bundle.ts';
import { copyContent } from '../../content/copy/copy.ts';
import { digestOf } from '../../content/digest.ts';
import { manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import type { WritableStore } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { openServedStore } from '../../registry/store/open.ts';
import { openSource, openTarget } from './content-location.ts';

async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-location-'));
  context.after(async () => await rm(folder, { recursive: true, force: true }));
  return folder;
}

async function putImage(store: WritableStore) {
  const config = { mediaType: MediaType.config, digest: digestOf('{}'), size: 2 };
  await store.writeBlob('team/app', config, async () => new Blob(['{}']).stream());
  const image = manifestOf(MediaType.manifest, { schemaVersion: 2, config, layers: [] });
  await store.writeManifest('team/app', 'v1', image);
  return image.digest;
}

test('content goes from the folder of a registry to a layout and back into the folder of another', async (context) => {
  const folder = await temporaryFolder(context);
  const [from, layout, to] = [join(folder, 'from'), join(folder, 'layout'), join(folder, 'to')];
  const first = await openServedStore(from);
  const digest = await putImage(first);
  await first.close();
  await (await openServedStore(to)).close();
  for (const [source, target] of [
    [from, layout],
    [layout, to],
  ] as const) {
    const [opened, wanted] = [await openSource(source, {}), await openTarget(target, {}, {})];
    await copyContent(opened.store, wanted.store, [{ repository: 'team/app', reference: 'v1' }]);
    await opened.close();
    await wanted.close();
  }
  assert.ok((await readdir(layout)).includes('index.json'));
  const last = await openServedStore(to);
  assert.equal((await last.readManifest('team/app', 'v1'))?.digest, digest);
  await last.close();
});

test('the folder of a stick stands for the bundle on it, unless there are several', async (context) => {
  const stick = await temporaryFolder(context);
  const source = new MemoryStore();
  const image = await putImage(source);
  const name = join(stick, 'team.bundle.tar');
  await copyToBundle(name, source, [{ repository: 'team/app', reference: 'v1' }]);
  await writeFile(join(stick, 'skerry'), 'the program');
  const { store, close } = await openSource(stick, {});
  assert.equal((await store.resolveManifest('team/app', 'v1'))?.digest, image);
  await close();
  await writeFile(join(stick, 'other.bundle.tar'), '');
  await assert.rejects(openSource(stick, {}), { code: 'STORE_NOT_FOUND', detail: /several bundles/ });
});

test('the folder of a running registry is left alone', async (context) => {
  const folder = await temporaryFolder(context);
  const running = await openServedStore(folder);
  await assert.rejects(openSource(folder, {}), { code: 'REGISTRY_STORE_IN_USE' });
  await assert.rejects(openTarget(folder, {}, {}), { code: 'REGISTRY_STORE_IN_USE' });
  await running.close();
});

test('a file is never a target', async (context) => {
  const path = join(await temporaryFolder(context), 'bundle.tar');
  await writeFile(path, '');
  await assert.rejects(openTarget(path, {}, {}), { code: 'STORE_READ_ONLY' });
});

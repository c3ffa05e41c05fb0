import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { damage } from '../testing/model/damage.ts';
import { observe } from '../testing/model/observation.ts';
import type { Operation } from '../testing/model/operation.ts';
import { perform } from '../testing/model/perform.ts';
import { quickFolder } from '../testing/model/quick-folder.ts';
import { Site } from '../testing/model/site.ts';
import { specimenOf } from '../testing/model/specimens.ts';
import { openServedStore } from './open.ts';

const PUSH: Operation = { do: 'push whole', to: 'app', manifest: 'multi', tag: 'v1' };

/** A folder that a registry has left with an image in it. */
async function left(context: TestContext): Promise<string> {
  const folder = await quickFolder();
  context.after(async () => await rm(folder, { recursive: true, force: true }));
  await using site = await opened(folder);
  assert.equal((await perform(site.client, PUSH)).status, 201);
  return folder;
}

async function opened(folder: string): Promise<Site & AsyncDisposable> {
  const site = await Site.open(folder);
  return Object.assign(site, { [Symbol.asyncDispose]: async () => await site.stop() });
}

describe('a store that has lost both its log and its index', () => {
  const losses: Record<string, (folder: string) => Promise<void>> = {
    'is not opened as an empty one': async (folder) => {
      await rm(join(folder, 'registry.log'));
      await damage(folder, 'index deleted');
    },
    'is not opened when its log is empty': async (folder) => {
      await truncate(join(folder, 'registry.log'), 0);
      await damage(folder, 'index deleted');
    },
    'keeps what cannot be read of its index': async (folder) => {
      await rm(join(folder, 'registry.log'));
      await damage(folder, 'index full of garbage');
    },
  };
  for (const [title, lose] of Object.entries(losses))
    test(title, async (context) => {
      const folder = await left(context);
      await lose(folder);
      const before = await readdir(folder);
      await assert.rejects(openServedStore(folder), { code: 'REGISTRY_STORE_DAMAGED' });
      await assert.rejects(openServedStore(folder), { code: 'REGISTRY_STORE_DAMAGED' });
      for (const name of before) assert.ok((await readdir(folder)).includes(name), name);
    });

  test('opens again with a copy of its log', async (context) => {
    const folder = await left(context);
    const copy = await readFile(join(folder, 'registry.log'));
    await damage(folder, 'log deleted');
    await damage(folder, 'index deleted');
    await assert.rejects(openServedStore(folder), { code: 'REGISTRY_STORE_DAMAGED' });
    await writeFile(join(folder, 'registry.log'), copy);
    await using site = await opened(folder);
    assert.deepEqual((await observe(site.client, 'app')).tagged, { v1: 'multi' });
  });
});

test('what a killed process was writing is swept when the store is opened, and nothing else', async (context) => {
  const folder = await left(context);
  const names = ['registry.log.1234.new', '.new/abcd.1234.new'];
  for (const name of names) await writeFile(join(folder, name), 'half');
  await writeFile(join(folder, 'notes.new'), 'not ours');
  await using site = await opened(folder);
  assert.deepEqual(await readdir(join(folder, '.new')), []);
  const now = await readdir(folder);
  assert.ok(!now.includes('registry.log.1234.new') && now.includes('notes.new'));
  assert.deepEqual((await observe(site.client, 'app')).tags, ['v1']);
});

test('the size of a blob that is missing is not forgotten when the log is made anew', async (context) => {
  const folder = await left(context);
  const { digest } = specimenOf('layer of 5000');
  {
    await using site = await opened(folder);
    await site.store.quarantine(digest, 'for the test');
    assert.equal((await site.client.send('HEAD', `/v2/app/blobs/${digest}`)).status, 404);
  }
  await damage(folder, 'log deleted');
  await (await openServedStore(folder)).close();
  const file = join(folder, 'blobs/sha256', digest.slice(7));
  await writeFile(file, specimenOf('layer of 5000').bytes);
  await damage(folder, 'index deleted');
  await using site = await opened(folder);
  assert.equal((await site.client.send('HEAD', `/v2/app/blobs/${digest}`)).status, 200);
});

test('a store is made in folders that are not there yet, and in one that is there and empty', async (context) => {
  const folder = await quickFolder();
  context.after(async () => await rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'empty'));
  for (const name of ['empty', 'one/two/three']) {
    await using site = await opened(join(folder, name));
    assert.equal((await perform(site.client, PUSH)).status, 201);
  }
});

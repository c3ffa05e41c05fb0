import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { copyContent } from '../copy/copy.ts';
import type { Descriptor } from '../descriptor.ts';
import { digestOf } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { openLayout } from '../layout/layout.ts';
import { manifestOf } from '../manifest.ts';
import { MediaType } from '../media-type.ts';
import { MemoryStore } from '../stores/memory.ts';
import { testFolder } from '../testing/folder.ts';
import { diskError } from './disk-error.ts';

const ITEMS = [{ repository: 'team/app', reference: 'v1' }];

test('what a file system says is reported by what it is, with the path', () => {
  const cases = [
    ['ENOSPC', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
    ['EFBIG', 'FILE_TOO_LARGE'],
    ['EACCES', 'STORE_UNUSABLE'],
    ['EROFS', 'STORE_UNUSABLE'],
    ['EIO', 'DISK_FAILED'],
    ['EMFILE', 'TOO_MANY_FILES'],
  ] as const;
  for (const [code, expected] of cases) {
    const told = diskError(Object.assign(new Error(code), { code }), '/media/stick');
    assert.ok(isSkerryError(told, expected) && told.subject === '/media/stick', code);
    const named = diskError(Object.assign(new Error(code), { code, path: '/media/stick/x' }), '/media');
    assert.ok(isSkerryError(named, expected) && named.subject === '/media/stick/x', code);
  }
  const mistake = new TypeError('a mistake');
  assert.equal(diskError(mistake, '/'), mistake);
});

test('a layout that can’t be written or read is reported by its path', async () => {
  const folder = await testFolder('disk');
  const from = new MemoryStore();
  await putImage(from);
  await writeFile(join(folder, 'file'), '');
  await assert.rejects(
    openLayout(join(folder, 'file/layout'), { create: true }),
    (error) => isSkerryError(error, 'STORE_UNUSABLE') && error.subject.includes(folder),
  );
  const path = join(folder, 'layout');
  const target = await openLayout(path, { create: true });
  await rm(join(path, 'blobs'), { recursive: true });
  await writeFile(join(path, 'blobs'), '');
  await assert.rejects(
    copyContent(from, target, ITEMS),
    (error) => isSkerryError(error, 'STORE_UNUSABLE') && error.subject.startsWith(path),
  );
  await rm(join(path, 'blobs'));
  await copyContent(from, target, ITEMS);
  await rm(join(path, 'index.json'));
  await mkdir(join(path, 'index.json'));
  await assert.rejects(openLayout(path), (error) => isSkerryError(error));
});

async function putImage(store: MemoryStore): Promise<void> {
  const config: Descriptor = { mediaType: MediaType.config, digest: digestOf('{}'), size: 2 };
  store.putBlob(config, Buffer.from('{}'));
  const image = manifestOf(MediaType.manifest, { schemaVersion: 2, config, layers: [] });
  await store.writeManifest('team/app', 'v1', image);
}

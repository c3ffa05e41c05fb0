import assert from 'node:assert/strict';
import { rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { hexOf } from '../../content/digest.ts';
import { blobOf, pushBlob } from '../testing/content.ts';
import { startRegistry, type TestRegistry } from '../testing/registry.ts';

async function pushed(context: TestContext, size: number) {
  const registry = await startRegistry(context, { backend: 'served' });
  const blob = blobOf('doubtful', size);
  await pushBlob(registry, 'team/app', blob);
  const path = `/v2/team/app/blobs/${blob.digest}`;
  return {
    registry,
    blob,
    path,
    file: join(registry.folder, 'served', 'blobs', 'sha256', hexOf(blob.digest)),
  };
}

async function goesMissing(registry: TestRegistry, path: string): Promise<void> {
  for (let tries = 0; (await registry.send('HEAD', path)).status !== 404; tries++) {
    assert.ok(tries < 500, 'it is still offered');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

// A process's own memory can't be read from address 0: EIO, as a disk with a bad sector says.
async function makeUnreadable(file: string): Promise<void> {
  await rm(file);
  await symlink('/proc/self/mem', file);
}

describe('a blob that turns out to be damaged while it is sent', () => {
  test('cuts the answer when it is too short, and is missing from then on, until it is pushed again', async (context) => {
    const { registry, blob, path, file } = await pushed(context, 600_000);
    await truncate(file, 300_000);
    await assert.rejects(registry.send('GET', path));
    await goesMissing(registry, path);
    await pushBlob(registry, 'team/app', blob);
    assert.deepEqual((await registry.send('GET', path)).body, blob.bytes);
  });

  test('is not found when its file is gone, nor offered to the next', async (context) => {
    const { registry, path, file } = await pushed(context, 1000);
    await rm(file);
    assert.equal((await registry.send('GET', path)).status, 404);
    assert.equal((await registry.send('HEAD', path)).status, 404);
  });

  test('is missing from then on when the disk can not read it', async (context) => {
    const { registry, blob, path, file } = await pushed(context, 100_000);
    await makeUnreadable(file);
    await assert.rejects(registry.send('GET', path));
    await goesMissing(registry, path);
    await pushBlob(registry, 'team/app', blob);
    assert.equal((await registry.send('GET', path)).status, 200);
  });

  for (const [problem, spoil] of [
    ['can not be read', makeUnreadable],
    ['is not what its digest says', async (file: string) => await writeFile(file, Buffer.alloc(1000))],
  ] as const)
    test(`is not found when it is small and ${problem}, until it is pushed again`, async (context) => {
      const { registry, blob, path, file } = await pushed(context, 1000);
      await spoil(file);
      assert.equal((await registry.send('GET', path)).status, 404);
      assert.equal((await registry.send('HEAD', path)).status, 404);
      await pushBlob(registry, 'team/app', blob);
      const headers = { range: 'bytes=10-19' };
      for (let times = 0; times < 2; times++) {
        const part = await registry.send('GET', path, { headers });
        assert.deepEqual([part.status, part.body], [206, blob.bytes.subarray(10, 20)]);
      }
    });

  test('stays when it was the client that went away', async (context) => {
    const { registry, blob, path } = await pushed(context, 5_000_000);
    const response = await fetch(`http://127.0.0.1:${registry.port}${path}`);
    await response.body?.cancel();
    assert.deepEqual((await registry.send('GET', path)).body, blob.bytes);
  });
});

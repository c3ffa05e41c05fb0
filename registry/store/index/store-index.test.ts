import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Manifest } from '../../../content/store.ts';
import { imageOf, indexOf } from '../../testing/content.ts';
import { openServedStore } from '../open.ts';

const R = 'team/app';

async function opened(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-index-'));
  const clock = { now: 1000 };
  let store = await openServedStore(folder, { clock: () => clock.now });
  context.after(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    get store() {
      return store;
    },
    push: async (manifest: Manifest, reference: string = manifest.digest) => {
      clock.now += 10;
      await store.writeManifest(R, reference, manifest);
    },
    /** When each manifest was let go and which tag it lost, as the index says. */
    released: () => {
      const rows = store.index.database
        .prepare(
          'SELECT d.digest, m.released, m.last_tag FROM repository_manifests m JOIN digests d ON d.id = m.manifest',
        )
        .all();
      return new Map(rows.map(({ digest, released, last_tag }) => [digest, [released, last_tag]]));
    },
    /** Writes the log anew, and makes the index anew from that. */
    startOver: async () => {
      await store.close();
      for (const name of await readdir(folder)) if (name === 'registry.log') await rm(join(folder, name));
      await (await openServedStore(folder, { clock: () => clock.now })).close();
      for (const name of await readdir(folder))
        if (name.startsWith('index.sqlite')) await rm(join(folder, name));
      store = await openServedStore(folder, { clock: () => clock.now });
    },
  };
}

const [amd, arm, other] = [named('amd'), named('arm'), named('other')] as const;
const index = indexOf([amd, arm]);
const signature = imageOf({ subject: amd, artifactType: 'text/signature' });

function named(name: string): Manifest {
  return imageOf({ annotations: { name } });
}

describe('what was let go', () => {
  test('by a tag that moved keeps the time and the tag', async (context) => {
    const site = await opened(context);
    await site.push(amd, 'v1');
    await site.push(arm, 'v1');
    assert.deepEqual(
      [...site.released().values()],
      [
        [1020, 'v1'],
        [null, null],
      ],
    );
    await site.startOver();
    assert.deepEqual(site.released().get(amd.digest), [1020, 'v1']);
    await site.push(amd, 'v2');
    assert.deepEqual(site.released().get(amd.digest), [null, null]);
  });

  test('by a deletion is all that the index held, and its referrers', async (context) => {
    const site = await opened(context);
    for (const manifest of [amd, arm]) await site.push(manifest);
    await site.push(index, 'v1');
    for (const manifest of [signature, other]) await site.push(manifest);
    await site.store.deleteTag(R, 'v1');
    assert.deepEqual(
      site.released(),
      new Map<unknown, unknown>([
        [amd.digest, [0, null]],
        [arm.digest, [0, null]],
        [index.digest, [0, 'v1']],
        [signature.digest, [0, null]],
        [other.digest, [null, null]],
      ]),
    );
  });

  test('by a deletion is not what was pushed again since, for an index that is still to come', async (context) => {
    const site = await opened(context);
    for (const manifest of [amd, arm]) await site.push(manifest);
    await site.push(index, 'v1');
    await site.push(amd);
    await site.store.deleteManifest(R, index.digest);
    assert.deepEqual(
      site.released(),
      new Map<unknown, unknown>([
        [amd.digest, [null, null]],
        [arm.digest, [0, null]],
      ]),
    );
  });

  test('is not what a collected index held', async (context) => {
    const site = await opened(context);
    for (const manifest of [amd, arm]) await site.push(manifest);
    await site.push(index, 'v1');
    await site.store.commit([
      { op: 'drop-manifest', repository: R, digest: index.digest, at: 5, collected: true },
    ]);
    assert.deepEqual(
      [...site.released().values()],
      [
        [null, null],
        [null, null],
      ],
    );
  });
});

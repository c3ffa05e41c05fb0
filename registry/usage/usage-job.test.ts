import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { imageOf } from '../testing/content.ts';
import { DAY, TestSite, text } from '../testing/gc-site.ts';
import type { RepositoryUsage, StoreUsage } from './usage-event.ts';
import { type UsageInput, usageJob } from './usage-job.ts';

async function usageOf(site: TestSite, input: UsageInput = {}) {
  const repositories: RepositoryUsage[] = [];
  let total: StoreUsage | undefined;
  for await (const { type: _, ...event } of usageJob.run(site.store, input, new AbortController().signal)) {
    if ('repository' in event) repositories.push(event);
    else total = event;
  }
  assert.ok(total);
  return { repositories, total };
}

test('usage counts a file once in each repository that holds it, and once in all', async (context) => {
  const site = await TestSite.open(context);
  const image = await site.image('v1', [text('shared', 4000), text('own', 3000)], {}, 'a');
  await site.push(image, 'v2', 'a');
  const other = await site.image('v1', [text('shared', 4000)], {}, 'b/c');
  const own = 3000 + image.bytes.byteLength;
  const { repositories, total } = await usageOf(site);
  assert.deepEqual(repositories, [
    { repository: 'a', tags: 2, manifests: 1, blobs: 3, bytes: own + 4002, ownBytes: own },
    {
      repository: 'b/c',
      tags: 1,
      manifests: 1,
      blobs: 2,
      bytes: other.bytes.byteLength + 4002,
      ownBytes: other.bytes.byteLength,
    },
  ]);
  assert.equal(total.bytes, await site.fileBytes());
  assert.equal(total.sharedBytes, 4002);
  assert.deepEqual([total.repositories, total.tags, total.manifests], [2, 3, 2]);
  assert.ok(total.disk.freeBytes > 0 && total.disk.sizeBytes > total.disk.freeBytes);
});

test('usage counts once what a repository holds both as a manifest and as a blob', async (context) => {
  const site = await TestSite.open(context);
  const inner = imageOf({});
  await site.blob(Buffer.from(inner.bytes).toString());
  await site.push(inner, 'v1');
  const { total, repositories } = await usageOf(site);
  assert.equal(repositories[0]?.bytes, inner.bytes.byteLength);
  assert.equal(total.bytes, inner.bytes.byteLength);
});

test('usage says what garbage collection would give back, and what lies in quarantine', async (context) => {
  const site = await TestSite.open(context);
  await site.image('v1', [text('gone', 5000)]);
  await site.image('v2', [text('waiting', 6000)]);
  await site.store.deleteTag('team/app', 'v1');
  await site.image('v2', ['new']);
  await mkdir(join(site.folder, 'quarantine'), { recursive: true });
  await writeFile(join(site.folder, 'quarantine', 'sha256-beef'), 'rotten');
  const { total } = await usageOf(site);
  const plan = await site.collect({ plan: true });
  assert.equal(total.reclaimableBytes, plan.planned);
  assert.equal(total.quarantinedBytes, 6);
  assert.ok(total.reclaimableBytes > 5000 && total.waitingBytes > 6000);
  site.later(8 * DAY);
  assert.ok((await usageOf(site)).total.reclaimableBytes > 11_000);
});

test('usage lists the repositories that are asked for, and sums up all of them', async (context) => {
  const site = await TestSite.open(context);
  for (const repository of ['team/app', 'team/db/backup', 'other'])
    await site.image('v1', [], {}, repository);
  const names = async (repositories: string) =>
    (await usageOf(site, { repositories })).repositories.map(({ repository }) => repository);
  assert.deepEqual(await names('team/*'), ['team/app']);
  assert.deepEqual(await names('team/**'), ['team/app', 'team/db/backup']);
  assert.equal((await usageOf(site, { repositories: 'team/*' })).total.repositories, 3);
  assert.throws(() => usageJob.input.parse({ repositories: '/team' }));
});

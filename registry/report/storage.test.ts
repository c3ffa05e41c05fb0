import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DEFAULT_RETRY } from '../../content/remote/retry.ts';
import { openRemote } from '../../content/remote/store.ts';
import { STORAGE_PATH } from '../../content/storage-report.ts';
import { type Access, openAccess } from '../access/access.ts';
import { LastDone } from '../jobs/last-done.ts';
import { serveRegistry } from '../server/serve.ts';
import { basic, testAccess, userLine } from '../testing/access.ts';
import { DAY, TestSite, text } from '../testing/gc-site.ts';
import { usageJob } from '../usage/usage-job.ts';
import { StorageReports } from './storage-reports.ts';

async function serve(
  context: TestContext,
  site: TestSite,
  options: { access?: Access; freshMs?: number } = {},
) {
  const storage = new StorageReports(site.store, { gcEvery: 3_600_000, freshMs: options.freshMs });
  const served = await serveRegistry({
    store: site.store,
    access: options.access ?? openAccess,
    log: () => {},
    listen: { host: '127.0.0.1', port: 0 },
    storage,
  });
  const address = `http://127.0.0.1:${served.port}`;
  const remote = openRemote(address, { retry: { ...DEFAULT_RETRY, tries: 1 } });
  context.after(async () => {
    await remote.close();
    await served.close({ drainMs: 100 });
    await storage.close();
  });
  return { address, remote, storage };
}

test('clients read what usage and the plan of garbage collection say on the machine itself', async (context) => {
  const site = await TestSite.open(context);
  const old = await site.image('v1', [text('gone', 5000)]);
  await site.image('v2', [text('stays', 3000)], {}, 'other/app');
  await site.store.deleteTag('team/app', 'v1');
  await site.image('v3', ['first']);
  await site.image('v3', ['second']);
  await new LastDone(site.folder, 'gc').note(site.clock.now);
  const { remote } = await serve(context, site);
  const report = await remote.readStorage();
  assert.ok(report);
  const events = await Array.fromAsync(usageJob.run(site.store, {}, new AbortController().signal));
  const total = events.find((event) => event.type === 'total');
  assert.ok(total);
  assert.deepEqual(report.total, {
    repositories: 2,
    tags: total.tags,
    manifests: total.manifests,
    bytes: total.bytes,
    sharedBytes: total.sharedBytes,
  });
  assert.ok(report.disk.freeBytes > 0);
  const held = report.repositories.map(({ repository, bytes }) => [repository, bytes]);
  const measured = events.flatMap((event) =>
    event.type === 'repository' ? [[event.repository, event.bytes] as const] : [],
  );
  assert.deepEqual(new Map(held.map(([name, bytes]) => [name, bytes])), new Map(measured));
  const { plan, everySeconds, lastDoneAt, keepUntaggedSeconds } = report.collection;
  assert.equal(plan?.bytes, total.reclaimableBytes);
  assert.equal(plan?.waitingBytes, total.waitingBytes);
  assert.deepEqual(
    plan?.going.map(({ digest, why, lastTag }) => [digest, why, lastTag]),
    [[old.digest, 'deleted', 'v1']],
  );
  assert.deepEqual(
    plan?.kept.map(({ reason, lastTag, until }) => [reason, lastTag, until !== undefined]),
    [['untagged', 'v3', true]],
  );
  assert.deepEqual([everySeconds, keepUntaggedSeconds], [3600, (7 * DAY) / 1000]);
  assert.equal(lastDoneAt, new Date(site.clock.now).toISOString());
});

test('many who ask share one walk over the store, and a new one is made when it is too old', async (context) => {
  const site = await TestSite.open(context);
  await site.image('v1', ['one']);
  const { remote } = await serve(context, site);
  const [first, second] = await Promise.all([remote.readStorage(), remote.readStorage()]);
  await site.image('v2', ['two']);
  assert.deepEqual(first, second);
  assert.deepEqual(await remote.readStorage(), first);
  const { remote: impatient } = await serve(context, site, { freshMs: 0 });
  assert.equal((await impatient.readStorage())?.total.tags, 2);
  await site.image('v3', ['three']);
  assert.equal((await impatient.readStorage())?.total.tags, 3);
});

test('a store of which tags may be lost has no plan, and says why', async (context) => {
  const site = await TestSite.open(context);
  await writeFile(join(site.folder, 'registry.log.damaged-lost-lines-1'), '');
  const { remote } = await serve(context, site);
  const report = await remote.readStorage();
  assert.equal(report?.collection.plan, undefined);
  assert.equal(report?.collection.refused?.code, 'REGISTRY_LOG_INCOMPLETE');
});

test('it is for accounts that see the whole catalog', async (context) => {
  const site = await TestSite.open(context);
  const lines = [
    await userLine('part', 'secret', 'team/**=pull,list'),
    await userLine('puller', 'secret', '**=pull'),
  ];
  const { access } = await testAccess({ lines });
  const { address } = await serve(context, site, { access });
  const statusFor = async (authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await fetch(`${address}${STORAGE_PATH}`, { headers });
    await answer.arrayBuffer();
    return answer.status;
  };
  assert.equal(await statusFor(), 401);
  assert.equal(await statusFor(basic('part', 'secret')), 403);
  assert.equal(await statusFor(basic('puller', 'secret')), 403);
  assert.equal(await statusFor(basic('ada', 'päss:word')), 200);
});

test('a registry that keeps nothing itself, or is not of Skerry, has no such report', async (context) => {
  const site = await TestSite.open(context);
  const served = await serveRegistry({
    ...{ store: site.store, access: openAccess, log: () => {}, listen: { host: '127.0.0.1', port: 0 } },
  });
  context.after(async () => await served.close({ drainMs: 100 }));
  const remote = openRemote(`http://127.0.0.1:${served.port}`, { retry: { ...DEFAULT_RETRY, tries: 1 } });
  context.after(async () => await remote.close());
  assert.equal(await remote.readStorage(), undefined);
});

import assert from 'node:assert/strict';
import { readdir, readlink } from 'node:fs/promises';
import { StatementSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../../content/digest.ts';
import { fuzzRuns } from '../../content/testing/runs.ts';
import { compareLog, mendLog } from '../scrub/compare-log.ts';
import { randomOf } from '../testing/disk/random.ts';
import { type DiskCall, type Judge, type Verdict, WatchedDisk } from '../testing/disk/watched-disk.ts';
import { observe } from '../testing/model/observation.ts';
import type { Operation } from '../testing/model/operation.ts';
import { anyOperation, REPOSITORIES } from '../testing/model/operation-arbitrary.ts';
import { Oracle } from '../testing/model/oracle.ts';
import { perform } from '../testing/model/perform.ts';
import { QUICK_FOLDER, quickFolder } from '../testing/model/quick-folder.ts';
import { Site } from '../testing/model/site.ts';
import { work } from '../testing/model/workload.ts';

const RUNS = fuzzRuns(1 / 10);

const operations = fc.tuple(
  ...REPOSITORIES.map((to) =>
    fc.array(
      anyOperation.map((operation): Operation => ({ ...operation, to })),
      { minLength: 5, maxLength: 30 },
    ),
  ),
);
const history = fc.record({
  before: operations,
  during: operations,
  after: operations,
  seed: fc.nat(),
  /** Of every thousand calls, how many go wrong. */
  faults: fc.constantFrom(10, 50, 200, 900),
  kind: fc.constantFrom('full', 'broken', 'slow', 'any'),
  restart: fc.constantFrom('closed', 'abruptly'),
});

const PUSH: Operation = {
  do: 'push manifest',
  to: 'probe',
  manifest: 'bare',
  byDigest: false,
  tags: ['v1', 'v2'],
};

test('a disk that fails, fills up or is slow loses nothing that was acknowledged, and all is well when it is', async (t) => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(history, async ({ before, during, after, seed, faults, kind, restart }) => {
      const folder = await quickFolder();
      using disk = await WatchedDisk.watch(folder);
      const site = await Site.open(folder);
      const oracle = new Oracle();
      const run = async (work: typeof before, mayFail: boolean) => {
        await workAll(site, oracle, work, (status) => {
          if (status >= 500) refused++;
          assert.ok(mayFail || status < 500, `${status} from a sound disk`);
        });
      };
      try {
        await run(before, false);
        disk.judge = faulty(kind, faults / 1000, randomOf(seed));
        // The log is written anew as well, if the disk lets it.
        const rewritten = mendLog(site.store).catch(() => {});
        await run(during, true);
        await rewritten;
        disk.judge = () => undefined;
        assert.equal((await perform(site.client, PUSH)).status, 201);
        await settleAll(site, oracle);
        await run(after, false);
        await settleAll(site, oracle);
        await site.restart(restart, 'none');
        await settleAll(site, oracle);
        assert.deepEqual(await compareLog(site.store, new AbortController().signal), { is: 'equal' });
      } finally {
        disk.judge = () => undefined;
        await site.close();
      }
      assert.deepEqual(await stillOpen(), []);
    }),
    { numRuns: RUNS },
  );
  t.diagnostic(`${refused} operations were refused`);
});

describe('what was refused did not happen, now or after the next start', () => {
  const cases: Record<string, (call: DiskCall, nth: number) => Verdict | undefined> = {
    'when the log can not be made durable': ({ does, path }, nth) =>
      isLog(path) && does === 'sync' && nth === 1 ? { code: 'EIO' } : undefined,
    'when the log takes half a line': ({ does, path }, nth) => {
      if (!isLog(path) || does !== 'write') return undefined;
      return nth === 1 ? { take: 20 } : { code: 'ENOSPC' };
    },
    'when the log can not even be cut back': ({ does, path }) =>
      isLog(path) && does !== 'write' ? { code: 'EIO' } : undefined,
    'when the file of a manifest can not be written': ({ does, path }) =>
      path.includes('/.new/') && does === 'write' ? { code: 'ENOSPC' } : undefined,
    'when the file of a manifest can not be made durable': ({ does, path }) =>
      path.includes('/.new/') && does === 'sync' ? { code: 'EIO' } : undefined,
    'when the file of a manifest gets no name': ({ does, path }) =>
      path.includes('/blobs/') && does === 'rename' ? { code: 'EIO' } : undefined,
    'when the name of a manifest can not be made durable': ({ does, path }) =>
      path.endsWith('/blobs/sha256') && does === 'sync' ? { code: 'EIO' } : undefined,
  };
  for (const [title, judge] of Object.entries(cases)) {
    test(title, async (context) => {
      const { site, disk } = await watched(context);
      const counts = new Map<string, number>();
      disk.judge = (call) => {
        const count = (counts.get(call.does) ?? 0) + 1;
        if (isLog(call.path)) counts.set(call.does, count);
        return judge(call, count);
      };
      const answer = await perform(site.client, PUSH);
      assert.ok(answer.status === 500 || answer.status === 507, `${answer.status}`);
      assert.ok(answer.codes[0] === 'UNKNOWN' || answer.codes[0] === 'INSUFFICIENT_STORAGE');
      disk.judge = () => undefined;
      assert.equal((await observe(site.client, PUSH.to)).tags, undefined);
      await site.restart('closed', 'none');
      assert.equal((await observe(site.client, PUSH.to)).tags, undefined);
      assert.equal((await perform(site.client, PUSH)).status, 201);
      await site.restart('abruptly', 'none');
      assert.deepEqual((await observe(site.client, PUSH.to)).tags, ['v1']);
    });
  }

  test('when the index is full', async (context) => {
    const { site } = await watched(context);
    const { database } = site.store.index;
    const pages = Number(database.prepare('PRAGMA page_count').get()?.page_count);
    database.exec(`PRAGMA max_page_count = ${pages}`);
    const statuses = new Set<number>();
    for (let n = 0; n < 400; n++)
      statuses.add((await perform(site.client, { ...PUSH, tags: [`${'long'.repeat(30)}${n}`] })).status);
    assert.deepEqual([...statuses], [201, 507]);
    const before = await observe(site.client, PUSH.to);
    database.exec('PRAGMA max_page_count = 1000000');
    await site.restart('abruptly', 'none');
    assert.deepEqual(await observe(site.client, PUSH.to), before);
    await site.restart('closed', 'index deleted');
    assert.deepEqual(await observe(site.client, PUSH.to), before);
    assert.equal((await perform(site.client, PUSH)).status, 201);
  });

  test('when the index can not be written', async (context) => {
    const { site } = await watched(context);
    const { run } = StatementSync.prototype;
    context.after(() => {
      StatementSync.prototype.run = run;
    });
    StatementSync.prototype.run = function (this: StatementSync, ...values) {
      if (this.sourceSQL === 'COMMIT') throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
      return Reflect.apply(run, this, values);
    };
    const answer = await perform(site.client, PUSH);
    assert.deepEqual([answer.status, answer.codes], [500, ['UNKNOWN']]);
    StatementSync.prototype.run = run;
    assert.equal((await observe(site.client, PUSH.to)).tags, undefined);
    await site.restart('abruptly', 'index deleted');
    assert.equal((await observe(site.client, PUSH.to)).tags, undefined);
    assert.equal((await perform(site.client, PUSH)).status, 201);
  });
});

test('an upload whose bytes the disk gave up is not believed again', async (context) => {
  const { site, disk } = await watched(context);
  const push: Operation = { do: 'push blob', to: 'probe', blob: 'layer of 70000', way: 'as a stream' };
  let location = '';
  const client = {
    send: async (...request: Parameters<typeof site.client.send>) => {
      if (request[0] === 'PUT') location = request[1];
      return await site.client.send(...request);
    },
  };
  disk.judge = ({ does, path }) =>
    does === 'sync' && path.includes('/.uploads/') ? { code: 'EIO' } : undefined;
  assert.equal((await perform(client, push)).status, 500);
  disk.judge = () => undefined;
  assert.deepEqual((await site.client.send('PUT', location, { body: '' })).codes, ['DIGEST_INVALID']);
  assert.equal((await perform(client, push)).status, 201);
});

test('an upload that the disk gives up while it is hashed is answered', async (context) => {
  const { site, disk } = await watched(context);
  const bytes = Buffer.alloc(8_000_000, 'large');
  const digest = digestOf(bytes);
  disk.judge = ({ does, path }) =>
    does === 'sync' && path.includes('/.uploads/') ? { code: 'EIO' } : undefined;
  const push = () => site.client.send('POST', `/v2/probe/blobs/uploads/?digest=${digest}`, { body: bytes });
  assert.equal((await push()).status, 500);
  disk.judge = () => undefined;
  assert.equal((await push()).status, 201);
});

test('a disk that stumbles over a manifest once takes nothing away', async (context) => {
  const { site, disk } = await watched(context);
  assert.equal((await perform(site.client, PUSH)).status, 201);
  await site.restart('closed', 'none');
  let reads = 0;
  disk.judge = ({ does, path }) =>
    does === 'read' && path.includes('/blobs/') && ++reads === 1 ? { code: 'EIO' } : undefined;
  assert.equal((await site.client.send('GET', '/v2/probe/manifests/v1')).status, 200);
  assert.equal(reads, 2);
});

async function watched(context: TestContext): Promise<{ site: Site; disk: WatchedDisk }> {
  const folder = await quickFolder();
  const disk = await WatchedDisk.watch(folder);
  const site = await Site.open(folder);
  context.after(async () => {
    await site.close();
    disk[Symbol.dispose]();
  });
  return { site, disk };
}

async function workAll(
  { client }: Site,
  oracle: Oracle,
  operations: readonly (readonly Operation[])[],
  onStatus: (status: number) => void,
): Promise<void> {
  const each = operations.map((list) =>
    work(client, oracle, list, (_, answer) => {
      assert.ok(answer !== undefined, 'the connection broke');
      onStatus(answer.status);
    }),
  );
  await Promise.all(each);
}

async function settleAll({ client }: Site, oracle: Oracle): Promise<void> {
  for (const name of REPOSITORIES) oracle.settle(name, await observe(client, name));
}

type Kind = 'full' | 'broken' | 'slow' | 'any';

function faulty(kind: Kind, chance: number, random: () => number): Judge {
  return (call) => {
    // What can't be read is as good as rotten, and that is for other tests.
    if (random() >= chance || (call.does === 'read' && call.path.includes('/blobs/'))) return undefined;
    const which = kind === 'any' ? (['full', 'broken', 'slow'] as const)[Math.floor(random() * 3)] : kind;
    if (which === 'full') return noRoom(call, random);
    return which === 'broken' ? { code: 'EIO' } : { delay: Math.floor(random() * 20) };
  };
}

// The last bytes are taken, and then no more.
function noRoom({ does, bytes = 0 }: DiskCall, random: () => number): Verdict | undefined {
  if (does === 'write' && random() < 0.5) return { take: Math.floor(random() * bytes) };
  return does === 'write' || does === 'open' || does === 'make folder' ? { code: 'ENOSPC' } : undefined;
}

function isLog(path: string): boolean {
  return path.endsWith('/registry.log');
}

// Linux only; elsewhere there is nothing to look at.
async function stillOpen(): Promise<string[]> {
  const numbers = await readdir('/proc/self/fd').catch(() => []);
  const open = await Promise.all(
    numbers.map((number) => readlink(`/proc/self/fd/${number}`).catch(() => '')),
  );
  return open.filter((path) => path.includes(`/${QUICK_FOLDER}`));
}

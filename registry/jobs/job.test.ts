import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { z } from 'zod';
import { registryError } from '../errors.ts';
import { openServedStore } from '../store/open.ts';
import { runJob } from './job-client.ts';
import { serveJobs } from './job-server.ts';
import { offered, type StoreJob } from './store-job.ts';

const count: StoreJob<{ to: number }, number> = {
  name: 'count',
  input: z.object({ to: z.number() }),
  event: z.number(),
  async *run(store, { to }, signal) {
    for (let n = 1; n <= to && !signal.aborted; n++) {
      if (n === 5) throw registryError('REGISTRY_STORE_IN_USE', { subject: store.name, detail: 'five' });
      yield n;
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
};

async function storeFolder(context: TestContext, name = 'store'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-jobs-'));
  context.after(async () => await rm(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  await (await openServedStore(path)).close();
  return path;
}

async function collect(folder: string, to: number): Promise<number[]> {
  const seen: number[] = [];
  for await (const n of runJob(folder, count, { to }, new AbortController().signal)) seen.push(n);
  return seen;
}

for (const [how, serving, name] of [
  ['by the registry that has the store open', true, 'store'],
  ['by the command itself when no registry has the store open', false, 'store'],
  ['over a socket whose path is longer than a socket may have', true, 'long'.repeat(50)],
] as const) {
  describe(`a job is done ${how}`, () => {
    const serve = async (context: TestContext, folder: string) => {
      if (!serving) return;
      const store = await openServedStore(folder);
      const server = await serveJobs(store, [offered(count)], () => {});
      context.after(async () => {
        await server.close();
        await store.close();
      });
    };

    test('and its events arrive', async (context) => {
      const folder = await storeFolder(context, name);
      await serve(context, folder);
      assert.deepEqual(await collect(folder, 3), [1, 2, 3]);
    });

    test('and its failure keeps its code', async (context) => {
      const folder = await storeFolder(context, name);
      await serve(context, folder);
      await assert.rejects(collect(folder, 9), { code: 'REGISTRY_STORE_IN_USE', detail: 'five' });
      assert.deepEqual(await collect(folder, 1), [1]);
    });
  });
}

test('nobody else on the machine may open the socket', async (context) => {
  const folder = await storeFolder(context);
  const store = await openServedStore(folder);
  const server = await serveJobs(store, [offered(count)], () => {});
  assert.equal((await stat(join(folder, 'control.sock'))).mode & 0o777, 0o600);
  await server.close();
  await store.close();
});

test('a registry that does not know a job says so', async (context) => {
  const folder = await storeFolder(context);
  const store = await openServedStore(folder);
  const server = await serveJobs(store, [], () => {});
  context.after(async () => {
    await server.close();
    await store.close();
  });
  await assert.rejects(collect(folder, 1), { code: 'REGISTRY_JOB_UNKNOWN' });
});

test('a job ends when the one who asked stops listening, and when the registry stops', async (context) => {
  const folder = await storeFolder(context);
  const store = await openServedStore(folder);
  let ended = 0;
  const endless: StoreJob<null, number> = {
    name: 'endless',
    input: z.null(),
    event: z.number(),
    async *run(_store, _input, signal) {
      try {
        for (let n = 0; !signal.aborted; n++) {
          yield n;
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      } finally {
        ended++;
      }
    },
  };
  const server = await serveJobs(store, [offered(endless)], () => {});
  for await (const n of runJob(folder, endless, null, new AbortController().signal)) if (n === 3) break;
  const stopped = assert.rejects(
    async () => {
      for await (const n of runJob(folder, endless, null, new AbortController().signal))
        if (n === 3) void server.close();
    },
    { code: 'REGISTRY_JOB_CUT_OFF' },
  );
  await stopped;
  await server.close();
  await store.close();
  assert.equal(ended, 2);
});

test('a folder without a store is not made into one', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-jobs-'));
  context.after(async () => await rm(folder, { recursive: true, force: true }));
  await assert.rejects(collect(folder, 1), { code: 'STORE_NOT_FOUND' });
});

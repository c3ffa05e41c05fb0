import assert from 'node:assert/strict';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzzRuns } from '../../content/testing/runs.ts';
import { compareLog } from '../../registry/scrub/compare-log.ts';
import { observe } from '../../registry/testing/model/observation.ts';
import type { Operation } from '../../registry/testing/model/operation.ts';
import { anyOperation, REPOSITORIES } from '../../registry/testing/model/operation-arbitrary.ts';
import { Oracle } from '../../registry/testing/model/oracle.ts';
import { perform } from '../../registry/testing/model/perform.ts';
import { Site } from '../../registry/testing/model/site.ts';
import { work } from '../../registry/testing/model/workload.ts';
import { fillDisk, mountSmallDisk } from './small-disk.ts';

const RUNS = fuzzRuns(1 / 15);
const DISK_BYTES = 8 * 1024 * 1024;
const PUSH: Operation = { do: 'push whole', to: 'probe', manifest: 'nested', tag: 'v1' };

const operations = fc.tuple(
  ...REPOSITORIES.map((to) =>
    fc.array(
      anyOperation.map((operation): Operation => ({ ...operation, to })),
      { minLength: 3, maxLength: 15 },
    ),
  ),
);
const history = fc.record({
  before: operations,
  /** What clients do while so many bytes are free; a little is enough for one file and not for the next. */
  during: fc.array(fc.record({ room: fc.constantFrom(0, 4096, 16_384, 100_000), operations }), {
    minLength: 1,
    maxLength: 4,
  }),
  restart: fc.constantFrom('none', 'index deleted'),
});

// Nothing here is played: the kernel refuses to write, to SQLite as well.
test('a disk that is full loses nothing that was acknowledged, and all is well when there is room', async (t) => {
  const refused = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(history, async ({ before, during, restart }) => {
      await using disk = await mountSmallDisk(DISK_BYTES);
      const filler = join(disk.folder, 'filler');
      const site = await Site.open(join(disk.folder, 'store'));
      const oracle = new Oracle();
      const run = async (all: typeof before) => {
        const each = all.map((list) =>
          work(site.client, oracle, list, async ({ to }, answer) => {
            assert.ok(answer !== undefined, 'the connection broke');
            if (answer.status < 500) return;
            refused.set(answer.status, (refused.get(answer.status) ?? 0) + 1);
            oracle.settle(to, await observe(site.client, to));
          }),
        );
        await Promise.all(each);
      };
      const settle = async () => {
        for (const name of REPOSITORIES) oracle.settle(name, await observe(site.client, name));
      };
      try {
        await run(before);
        for (const { room, operations } of during) {
          await rm(filler, { force: true });
          await fillDisk(filler);
          await giveBack(filler, room);
          await run(operations);
        }
        await rm(filler);
        assert.equal((await perform(site.client, PUSH)).status, 201);
        await settle();
        await site.restart('closed', restart);
        await settle();
        assert.deepEqual(await compareLog(site.store, new AbortController().signal), { is: 'equal' });
      } finally {
        await rm(filler, { force: true });
        await site.close();
      }
    }),
    { numRuns: RUNS },
  );
  t.diagnostic(`refused, by status: ${JSON.stringify(Object.fromEntries(refused))}`);
  assert.ok((refused.get(507) ?? 0) > 0);
});

async function giveBack(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.truncate(Math.max(0, (await file.stat()).size - bytes));
  } finally {
    await file.close();
  }
}

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { fuzzRuns } from '../../content/testing/runs.ts';
import { compareLog, mendLog } from '../scrub/compare-log.ts';
import { restoreWreck, type Wreck } from '../testing/disk/disk-image.ts';
import { randomOf } from '../testing/disk/random.ts';
import { type Judge, WatchedDisk } from '../testing/disk/watched-disk.ts';
import { observe } from '../testing/model/observation.ts';
import type { Operation } from '../testing/model/operation.ts';
import { anyOperation, REPOSITORIES } from '../testing/model/operation-arbitrary.ts';
import { assertPossible, Oracle } from '../testing/model/oracle.ts';
import { perform } from '../testing/model/perform.ts';
import { quickFolder } from '../testing/model/quick-folder.ts';
import { Site } from '../testing/model/site.ts';
import { work } from '../testing/model/workload.ts';

const RUNS = fuzzRuns(1 / 15);
/** Of the moments between two calls to the disk. */
const CUT_CHANCE = 1 / 80;
/** Of the moments right after an acknowledgement. */
const CUT_CHANCE_ACKNOWLEDGED = 1 / 8;

const history = fc.record({
  operations: fc.tuple(
    ...REPOSITORIES.map((to) =>
      fc.array(
        anyOperation.map((operation): Operation => ({ ...operation, to })),
        { minLength: 5, maxLength: 25 },
      ),
    ),
  ),
  seed: fc.nat(),
  failing: fc.constantFrom(0, 0, 60),
  rewrites: fc.nat(4),
});

/** What one power cut leaves, and what a client knew then. */
interface Cut {
  readonly wreck: Wreck;
  readonly index: ReadonlyMap<string, Buffer>;
  readonly possible: ReturnType<Oracle['snapshot']>;
}

// A power cut leaves what was synced, and of the rest whatever the disk was up to. Everything between the registry and
// its folder is written down here, so that thousands of moments could be the last one.
test('a power cut at any moment loses nothing that was acknowledged', async (t) => {
  let tried = 0;
  await fc.assert(
    fc.asyncProperty(history, async ({ operations, ...about }) => {
      const cuts = await cutsOf(operations, about);
      for (const cut of cuts) await survives(cut);
      tried += cuts.length;
    }),
    { numRuns: RUNS },
  );
  t.diagnostic(`${tried} power cuts in ${RUNS} histories`);
});

interface About {
  readonly seed: number;
  /** Of every thousand syncs, how many fail: the kernel then gives up what it could not write, and says so once. */
  readonly failing: number;
  /** How often the log is written anew meanwhile. */
  readonly rewrites: number;
}

async function cutsOf(
  operations: readonly (readonly Operation[])[],
  { seed, failing, rewrites }: About,
): Promise<Cut[]> {
  const folder = await quickFolder();
  const random = randomOf(seed);
  const oracle = new Oracle();
  const cuts: Cut[] = [];
  const indexes: ReadonlyMap<string, Buffer>[] = [new Map()];
  using disk = await WatchedDisk.watch(folder);
  const cut = () => {
    indexes.push(indexOf(folder));
    // The index of any moment before may be what the disk has: it is never synced.
    const index = indexes[Math.floor(random() * indexes.length)] ?? new Map();
    cuts.push({ wreck: disk.image.cut(random), index, possible: oracle.snapshot(REPOSITORIES) });
  };
  const calm: Judge = () => {
    if (random() < CUT_CHANCE) cut();
    return undefined;
  };
  disk.judge = calm;
  const site = await Site.open(folder);
  disk.judge = (call) =>
    calm(call) ?? (call.does === 'sync' && random() < failing / 1000 ? { code: 'EIO' } : undefined);
  const rewrite = async () => {
    for (let n = 0; n < rewrites; n++) {
      await wait(random() * 30);
      await mendLog(site.store).catch((error: unknown) => assert.ok(failing > 0, `${error}`));
    }
  };
  await Promise.all([
    rewrite(),
    ...operations.map((each) =>
      work(site.client, oracle, each, (_, answer) => {
        assert.ok(
          answer !== undefined && (answer.status < 500 || failing > 0),
          `${answer?.status} ${answer?.body}`,
        );
        if (random() < CUT_CHANCE_ACKNOWLEDGED) cut();
      }),
    ),
  ]);
  cut();
  disk.judge = () => undefined;
  await site.close();
  return cuts;
}

async function survives({ wreck, index, possible }: Cut): Promise<void> {
  const folder = await quickFolder();
  restoreWreck(wreck, folder);
  for (const [name, bytes] of index) writeFileSync(join(folder, name), bytes);
  const site = await Site.open(folder);
  try {
    for (const [name, each] of possible) assertPossible(name, await observe(site.client, name), each);
    assert.deepEqual(await compareLog(site.store, new AbortController().signal), { is: 'equal' });
    const push: Operation = {
      do: 'push manifest',
      to: 'after',
      manifest: 'bare',
      byDigest: false,
      tags: ['v1'],
    };
    assert.equal((await perform(site.client, push)).status, 201);
    await site.restart('closed', 'none');
    assert.deepEqual((await observe(site.client, 'after')).tagged, { v1: 'bare' });
  } finally {
    await site.close();
  }
}

function indexOf(folder: string): ReadonlyMap<string, Buffer> {
  const names = ['index.sqlite', 'index.sqlite-wal'].filter((name) => existsSync(join(folder, name)));
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

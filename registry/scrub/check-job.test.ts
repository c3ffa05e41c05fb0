import assert from 'node:assert/strict';
import {
  appendFile,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { algorithmOf, type Digest, digestOf, hexOf } from '../../content/digest.ts';
import { openLayout } from '../../content/layout/layout.ts';
import type { Store } from '../../content/store.ts';
import type { AuditEntry } from '../audit/audit.ts';
import { auditedReport } from '../audit/audited-report.ts';
import { collectGarbage } from '../gc/collect.ts';
import type { LogRecord } from '../log.ts';
import { dump } from '../store/dump.ts';
import { nameOfAffected } from '../store/manifests/affected-images.ts';
import { openServedStore } from '../store/open.ts';
import type { ServedStore } from '../store/served-store.ts';
import { AMD64, type Fleet, putBlob, putFleet, putImage, putIndex } from '../testing/scrub-images.ts';
import type { CheckEvent } from './check-event.ts';
import { type CheckInput, checkJob } from './check-job.ts';

/** A store with images in it, and a folder beside it with the same for repairs. */
async function site(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-check-'));
  const path = join(folder, 'store');
  const log: LogRecord[] = [];
  let now = Date.UTC(2026, 0, 1);
  const open = async () =>
    await openServedStore(path, { report: (record) => log.push(record), clock: () => now++ });
  let store: ServedStore | undefined = await open();
  const spare = await openLayout(join(folder, 'spare'), { create: true });
  context.after(async () => {
    await store?.close();
    await rm(folder, { recursive: true, force: true });
  });
  const fleet = await putFleet(store);
  await putFleet(spare);
  return {
    path,
    log,
    fleet,
    spare,
    get store(): ServedStore {
      assert.ok(store);
      return store;
    },
    fileOf: (digest: Digest) => join(path, 'blobs', algorithmOf(digest), hexOf(digest)),
    check: async (from: readonly Store[] = [], input: Partial<CheckInput> = {}) => {
      assert.ok(store);
      return await runCheck(store, from, input);
    },
    reopen: async (meanwhile: () => Promise<void> = async () => {}) => {
      await store?.close();
      store = undefined;
      await meanwhile();
      store = await open();
    },
  };
}

async function runCheck(store: ServedStore, from: readonly Store[] = [], input: Partial<CheckInput> = {}) {
  const job = checkJob({
    openSource: async ({ location }) => {
      const source = from[Number(location)];
      assert.ok(source);
      return { store: source, close: async () => {} };
    },
  });
  const events: CheckEvent[] = [];
  const repairFrom = from.map((_, index) => ({ location: String(index) }));
  const wanted = { all: false, repairFrom, ...input };
  for await (const event of job.run(store, wanted, new AbortController().signal)) events.push(event);
  return new Report(events);
}

class Report {
  readonly events: readonly CheckEvent[];

  constructor(events: readonly CheckEvent[]) {
    this.events = events;
  }

  get damage() {
    return this.events.flatMap((event) => (event.type === 'damage' ? [event.damage] : []));
  }

  /** Problem and hurt images of what is damaged. */
  of(digest: Digest) {
    const damage = this.damage.filter((each) => each.digest === digest);
    assert.equal(damage.length, 1, `${digest} is told ${damage.length} times`);
    const [{ problem, kind, hurts } = assert.fail()] = damage;
    return { problem, kind, hurts: hurts.map(nameOfAffected).sort() };
  }

  get repaired() {
    return this.events.flatMap((event) => (event.type === 'repaired' ? [event.digest] : []));
  }

  get unrepaired() {
    return this.events.flatMap((event) => (event.type === 'unrepaired' ? [event] : []));
  }

  get records() {
    return this.events.find((event) => event.type === 'records')?.records;
  }

  get end() {
    const event = this.events.at(-1);
    assert.equal(event?.type, 'done');
    return event;
  }

  assertClean() {
    assert.deepEqual(this.damage, []);
    assert.equal(this.records, 'equal');
    assert.deepEqual([this.end.missing, this.end.incomplete], [0, 0]);
  }
}

async function emptyLayout(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-check-'));
  context.after(async () => await rm(folder, { recursive: true, force: true }));
  return { folder, layout: await openLayout(folder, { create: true }) };
}

// Reading a process's own memory from address 0 fails with EIO, as a disk with a bad sector does.
async function cannotBeRead(path: string): Promise<void> {
  await rm(path);
  await symlink('/proc/self/mem', path);
}

async function flipBit(path: string): Promise<void> {
  const file = await open(path, 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 0);
  await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, 0);
  await file.close();
}

async function assertWhole(store: ServedStore, fleet: Fleet): Promise<void> {
  for (const [repository, reference] of [
    ['team/app', '1.0'],
    ['team/app', fleet.signature.manifest.digest],
    ['team/other', 'v2'],
  ] as const)
    assert.ok(await store.readManifest(repository, reference), `${repository} ${reference}`);
  for (const image of [fleet.amd64, fleet.arm64]) {
    assert.deepEqual(
      (await store.readManifest('team/app', image.manifest.digest))?.bytes,
      image.manifest.bytes,
    );
    for (const { digest, size } of [image.config, ...image.layers]) {
      assert.equal(await store.statBlob('team/app', digest), size);
      assert.equal(digestOf(await readFile(store.files.pathOf(digest))), digest);
    }
  }
}

const rowsOf = (store: ServedStore) => [...dump(store.index.database)];
const layerOf = ({ arm64 }: Fleet) => arm64.layers[1] ?? assert.fail();
const sharedOf = ({ arm64 }: Fleet) => arm64.layers[0] ?? assert.fail();

describe('a check of a store', () => {
  test('finds nothing in a sound store and reads each byte of it once', async (context) => {
    const { check, store } = await site(context);
    const report = await check();
    report.assertClean();
    const [begun] = report.events;
    assert.ok(begun?.type === 'begun');
    assert.deepEqual(report.end.checked, { files: begun.files, bytes: begun.bytes });
    assert.equal(begun.files, store.index.database.prepare('SELECT 1 FROM digests').all().length);
    assert.deepEqual(report.end.orphans, { files: 0, bytes: 0 });
  });

  for (const [how, harm, problem] of [
    ['with a flipped bit', flipBit, 'rotten'],
    ['that is cut short', async (path: string) => await truncate(path, 3), 'rotten'],
    ['that has grown', async (path: string) => await appendFile(path, 'x'), 'rotten'],
    ['that is gone', async (path: string) => await rm(path), 'missing'],
    ['that the disk can not read', cannotBeRead, 'unreadable'],
  ] as const) {
    test(`finds a layer ${how}, says what it hurts, and lets a push heal it`, async (context) => {
      const { check, store, fleet, fileOf, path } = await site(context);
      const { digest } = layerOf(fleet);
      await harm(fileOf(digest));
      const report = await check();
      assert.deepEqual(report.of(digest), {
        problem,
        kind: 'blob',
        hurts: ['team/app:1.0 (linux/arm64/v8)'],
      });
      assert.equal(report.damage.length, 1);
      assert.equal(report.end.missing, 1);
      assert.equal(report.end.quarantine.files, problem === 'missing' ? 0 : 1);
      assert.equal(await store.statBlob('team/app', digest), undefined);
      assert.equal(await store.locateBlob('team/app', digest), undefined);
      if (problem !== 'missing')
        assert.deepEqual(await readdir(join(path, 'quarantine')), [digest.replace(':', '-')]);
      await putBlob(store, 'team/app', 'for arm64');
      await assertWhole(store, fleet);
      assert.deepEqual(await check().then((second) => second.damage), []);
    });
  }

  test('says of a shared layer which images of all repositories it hurts', async (context) => {
    const { check, fleet, fileOf } = await site(context);
    await flipBit(fileOf(sharedOf(fleet).digest));
    assert.deepEqual((await check()).of(sharedOf(fleet).digest).hurts, [
      'team/app:1.0 (linux/amd64)',
      'team/app:1.0 (linux/arm64/v8)',
      'team/other:v2',
    ]);
  });

  test('tells a rotten manifest, index and signature apart', async (context) => {
    const { check, store, fleet, fileOf } = await site(context);
    const { arm64, index, signature } = fleet;
    for (const { digest } of [arm64.manifest, index, signature.manifest]) await flipBit(fileOf(digest));
    const report = await check();
    // The platform stands in the index, which is rotten as well: by then it may be gone.
    assert.match(report.of(arm64.manifest.digest).hurts.join(), /^team\/app:1\.0/);
    assert.deepEqual(report.of(index.digest), {
      problem: 'rotten',
      kind: 'manifest',
      hurts: ['team/app:1.0'],
    });
    assert.deepEqual(report.of(signature.manifest.digest).hurts, ['team/app:1.0 (its example/signature)']);
    assert.equal(await store.readManifest('team/app', '1.0'), undefined);
    assert.equal(await store.readManifest('team/app', arm64.manifest.digest), undefined);
    assert.ok(await store.readManifest('team/other', 'v2'));
    assert.equal(report.end.missing, 3);
  });

  test('names what it found also the next time, until it is repaired', async (context) => {
    const { check, fleet, fileOf, reopen } = await site(context);
    await flipBit(fileOf(layerOf(fleet).digest));
    await check();
    await reopen();
    const report = await check();
    assert.equal(report.of(layerOf(fleet).digest).problem, 'missing');
    assert.equal(report.end.missing, 1);
  });

  test('calls an image incomplete whose layer never came, and does not mind a sparse index', async (context) => {
    const { check, store } = await site(context);
    const { layout: elsewhere } = await emptyLayout(context);
    const image = await putImage(elsewhere, { repository: 'a', tag: '1', layers: ['elsewhere'] });
    await putBlob(store, 'a', JSON.stringify({ of: image.layers.map(({ digest }) => digest) }));
    await store.writeManifest('a', '1', image.manifest);
    await putIndex(store, { repository: 'sparse', tag: '1' }, [[AMD64, image.manifest]]);
    const report = await check();
    const [layer] = image.layers;
    assert.ok(layer);
    assert.deepEqual(report.of(layer.digest), { problem: 'incomplete', kind: 'blob', hurts: ['a:1'] });
    assert.equal(report.damage.length, 1);
    assert.deepEqual([report.end.missing, report.end.incomplete], [0, 1]);
    const repaired = await check([elsewhere]);
    assert.deepEqual([repaired.end.incomplete, repaired.repaired], [0, [layer.digest]]);
    assert.equal(await store.statBlob('a', layer.digest), layer.size);
  });

  test('names files that nothing knows as garbage and not as damage', async (context) => {
    const { check, path } = await site(context);
    await writeFile(join(path, 'blobs', 'sha256', 'e'.repeat(64)), 'orphan');
    await writeFile(join(path, 'blobs', 'sha256', `${'e'.repeat(64)}.new`), 'of a crash');
    const report = await check();
    report.assertClean();
    assert.deepEqual(report.end.orphans, { files: 2, bytes: 16 });
  });

  test('goes on where an interrupted one stopped', async (context) => {
    const { store, check } = await site(context);
    const stop = new AbortController();
    const job = checkJob({ openSource: async () => assert.fail() });
    const input = { all: false, repairFrom: [] };
    let files = 0;
    await assert.rejects(async () => {
      for await (const event of job.run(store, input, stop.signal)) {
        if (event.type !== 'progress') continue;
        files = event.files;
        stop.abort();
      }
    });
    const report = await check();
    const [begun] = report.events;
    assert.ok(begun?.type === 'begun' && begun.resumed);
    const all = store.index.database.prepare('SELECT 1 FROM digests').all().length;
    assert.equal(report.end.checked.files, all - files);
    assert.equal((await check()).end.checked.files, all);
  });

  test('leaves no file open when nobody wants to hear the rest', async (context) => {
    const { store } = await site(context);
    const job = checkJob({ openSource: async () => assert.fail() });
    const run = job.run(store, { all: true, repairFrom: [] }, new AbortController().signal);
    for await (const event of run) if (event.type === 'progress') break;
    for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve));
    const open: string[] = [];
    for (const name of await readdir('/proc/self/fd'))
      open.push(await readlink(join('/proc/self/fd', name)).catch(() => ''));
    assert.deepEqual(
      open.filter((path) => path.includes(join(store.folder, 'blobs'))),
      [],
    );
  });

  test('hashes large files in another thread, and finds the same', async (context) => {
    const { store, check, fileOf } = await site(context);
    const sizes = [1024 * 1024, 4 * 1024 * 1024, 9_000_000];
    const blobs = await Promise.all(
      sizes.map((size, n) => putBlob(store, 'large', Buffer.alloc(size, `${n}`))),
    );
    (await check()).assertClean();
    const [whole, flipped, cut] = blobs;
    assert.ok(whole && flipped && cut);
    await flipBit(fileOf(flipped.digest));
    await truncate(fileOf(cut.digest), 8_000_000);
    const report = await check();
    assert.deepEqual(report.damage.map(({ digest, problem }) => `${problem} ${digest}`).sort(), [
      ...[flipped, cut].map(({ digest }) => `rotten ${digest}`).sort(),
    ]);
    assert.equal(await store.statBlob('large', whole.digest), sizes[0]);
  });

  test('ends at a failure that the disk is not to blame for, and takes nothing away', async (context) => {
    const { store, check, fleet, fileOf, path } = await site(context);
    const { digest, size } = layerOf(fleet);
    await rename(fileOf(digest), join(path, 'aside'));
    // ELOOP, as EACCES or EMFILE would.
    await symlink(fileOf(digest), fileOf(digest));
    await assert.rejects(check(), { code: 'ELOOP' });
    await rename(join(path, 'aside'), fileOf(digest));
    (await check()).assertClean();
    assert.equal(await store.statBlob('team/app', digest), size);
  });

  test('stops when the disk can read nothing any more', async (context) => {
    const { store, check, fileOf } = await site(context);
    const digests: Digest[] = [];
    for (let n = 0; n < 40; n++) digests.push((await putBlob(store, 'many', `blob ${n}`)).digest);
    for (const digest of digests) await cannotBeRead(fileOf(digest));
    await assert.rejects(check(), { code: 'REGISTRY_DISK_FAILING' });
    let left = 0;
    for (const digest of digests) if ((await store.statBlob('many', digest)) !== undefined) left++;
    assert.ok(left >= 20, `${left} of 40 are left`);
  });
});

describe('a check compares the log with the index', () => {
  test('and finds rows that only the index has, or only the log', async (context) => {
    const { store, check } = await site(context);
    const { database } = store.index;
    database.exec("UPDATE tags SET name = 'stolen' WHERE name = 'v2'");
    assert.equal((await check()).records, 'different');
    database.exec("UPDATE tags SET name = 'v2' WHERE name = 'stolen'");
    assert.equal((await check()).records, 'equal');
    database.exec('DELETE FROM repository_blobs WHERE blob = (SELECT max(blob) FROM repository_blobs)');
    assert.equal((await check()).records, 'different');
  });

  test('and what manifests hold on to with the manifests, and believes those', async (context) => {
    const { store, check } = await site(context);
    const { database } = store.index;
    const edges = () => database.prepare('SELECT * FROM edges ORDER BY holder, target').all();
    const subjects = () => database.prepare('SELECT id, subject FROM manifests ORDER BY id').all();
    const before = [edges(), subjects()];
    for (const harm of [
      'DELETE FROM edges WHERE target = (SELECT max(target) FROM edges)',
      'UPDATE edges SET kind = 1 WHERE kind = 0 AND holder = (SELECT max(holder) FROM edges)',
      'UPDATE manifests SET subject = NULL',
    ]) {
      database.exec(harm);
      assert.notDeepEqual([edges(), subjects()], before);
      assert.equal((await check()).records, 'mended');
      assert.deepEqual([edges(), subjects()], before);
      (await check()).assertClean();
    }
  });

  test('and writes a log with damaged lines anew', async (context) => {
    const { check, path, reopen } = await site(context);
    const log = join(path, 'registry.log');
    const text = await readFile(log, 'utf8');
    const file = await open(log, 'r+');
    await file.write('X', text.indexOf('team/other'));
    await file.close();
    assert.equal((await check()).records, 'mended');
    assert.equal((await check()).records, 'equal');
    assert.equal((await readdir(path)).filter((name) => name.startsWith('registry.log.damaged')).length, 1);
    await reopen(async () => await rm(join(path, 'index.sqlite')));
    (await check()).assertClean();
  });

  test('while pushes and deletions go on', async (context) => {
    const { store, check } = await site(context);
    let stopped = false;
    const pushing = (async () => {
      for (let n = 0; !stopped; n++) {
        await putImage(store, { repository: `busy/${n % 5}`, tag: `t${n % 7}`, layers: [`layer ${n}`] });
        if (n % 3 === 0) await store.deleteTag(`busy/${n % 5}`, `t${n % 7}`);
      }
    })();
    for (let round = 0; round < 5; round++) {
      const report = await check();
      assert.deepEqual(report.damage, []);
      assert.equal(report.records, 'equal');
    }
    stopped = true;
    await pushing;
    (await check()).assertClean();
  });
});

test('a check and garbage collection do not get into each other', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-check-'));
  const store = await openServedStore(folder, { pinFor: 50, pushFor: 50 });
  context.after(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  const signal = new AbortController().signal;
  let stopped = false;
  const pushing = (async () => {
    for (let n = 0; !stopped; n++) {
      const repository = `busy/${n % 3}`;
      await putImage(store, { repository, tag: `t${n % 7}`, layers: [`layer ${n}`, 'shared'] });
      if (n % 5 === 0) await store.deleteTag(repository, `t${n % 7}`);
    }
  })();
  let freed = 0;
  const collecting = (async () => {
    while (!stopped) {
      const options = { plan: false, quarantine: true, keepUntagged: 0, rules: [], roots: [] };
      for await (const event of collectGarbage(store, options, signal))
        if (event.type === 'done') freed += event.bytes;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  for (let round = 0; round < 8; round++) {
    const report = await runCheck(store, [], { all: true });
    assert.deepEqual(
      report.damage.filter(({ problem }) => problem !== 'incomplete'),
      [],
    );
    assert.equal(report.records, 'equal');
  }
  stopped = true;
  await Promise.all([pushing, collecting]);
  assert.ok(freed > 0);
});

describe('a repair', () => {
  test('is in the audit log, as is what was put aside; a registry that is read-only makes none', async (context) => {
    const place = await site(context);
    const { fleet, spare, fileOf } = place;
    const { digest } = layerOf(fleet);
    await writeFile(fileOf(digest), 'rotten');
    const entries: AuditEntry[] = [];
    const audit = { record: async (entry: AuditEntry) => void entries.push(entry) };
    const openSource = async () => ({ store: spare, close: async () => {} });
    const run = async (readOnly: boolean) => {
      const job = checkJob({ openSource, audit, readOnly });
      const input = { all: true, repairFrom: [{ location: 'spare' }], by: 'ada' };
      await Array.fromAsync(job.run(place.store, input, new AbortController().signal));
    };
    await assert.rejects(run(true), { code: 'REGISTRY_READ_ONLY' });
    await run(false);
    assert.deepEqual(entries, [
      { action: 'repair', result: 'done', by: 'ada', repository: 'team/app', digest, from: spare.name },
    ]);
    const report = auditedReport(
      () => {},
      () => audit,
    );
    for (const record of place.log) report(record);
    const [, aside] = entries;
    assert.deepEqual([aside?.action, aside?.digest], ['quarantine', digest]);
    assert.match(aside?.reason ?? '', /^expected 9 bytes/);
  });

  test('brings back every kind of content from the first source that has it whole', async (context) => {
    const { store, fleet, fileOf, spare, check } = await site(context);
    const { folder, layout: bad } = await emptyLayout(context);
    await putFleet(bad);
    await flipBit(join(folder, 'blobs', 'sha256', hexOf(layerOf(fleet).digest)));
    const harmed = [
      layerOf(fleet),
      sharedOf(fleet),
      fleet.amd64.manifest,
      fleet.index,
      fleet.signature.manifest,
    ];
    await truncate(fileOf(sharedOf(fleet).digest), 1);
    for (const { digest } of harmed) await flipBit(fileOf(digest));
    const report = await check([bad, spare]);
    assert.deepEqual([...report.repaired].sort(), harmed.map(({ digest }) => digest).sort());
    assert.deepEqual([report.end.missing, report.end.incomplete], [0, 0]);
    const from = report.events.find(
      (event) => event.type === 'repaired' && event.digest === layerOf(fleet).digest,
    );
    assert.equal(from?.type === 'repaired' && from.from, spare.name);
    await assertWhole(store, fleet);
    (await check()).assertClean();
  });

  test('of a manifest that was lost before the index was made teaches the index what it holds on to', async (context) => {
    const { fleet, fileOf, spare, check, reopen, path } = await site(context);
    await reopen(async () => {
      await rm(join(path, 'index.sqlite'));
      await rm(fileOf(fleet.signature.manifest.digest));
      await rm(fileOf(fleet.index.digest));
      await rm(fileOf(layerOf(fleet).digest));
    });
    const report = await check([spare]);
    assert.deepEqual([report.end.missing, report.repaired.length], [0, 3]);
    (await check()).assertClean();
  });

  test('says of each source why it could not help', async (context) => {
    const { fleet, fileOf, check } = await site(context);
    await rm(fileOf(layerOf(fleet).digest));
    const { layout: empty } = await emptyLayout(context);
    const report = await check([empty]);
    assert.deepEqual(report.unrepaired, [
      {
        type: 'unrepaired',
        digest: layerOf(fleet).digest,
        tried: [{ source: empty.name, detail: 'does not hold it' }],
      },
    ]);
    assert.equal(report.end.missing, 1);
  });

  test('changes neither tags nor times nor who holds what', async (context) => {
    const { store, fleet, fileOf, spare, check } = await site(context);
    const before = rowsOf(store);
    for (const { digest } of [layerOf(fleet), fleet.amd64.manifest, fleet.index]) await rm(fileOf(digest));
    await check([spare]);
    assert.deepEqual(rowsOf(store), before);
  });
});

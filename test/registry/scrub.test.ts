import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Digest, hexOf } from '../../content/digest.ts';
import { openLayout } from '../../content/layout/layout.ts';
import { openRemote, type RemoteStore } from '../../content/remote/store.ts';
import { type Fleet, putBlob, putFleet, putImage } from '../../registry/testing/scrub-images.ts';
import { distributionRegistry } from '../bench/registry-process.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { ensureHost } from '../cluster/host.ts';
import { PROJECT } from '../install/product.ts';
import { serveRegistryOf } from './process.ts';
import { failureOf, must, run, start } from './skerry-process.ts';
import { assertWhole } from './whole-content.ts';

const SKERRY = [process.execPath, join(PROJECT, 'skerry.ts')] as const;

const Report = z.object({
  clean: z.boolean(),
  checked: z.object({ files: z.number(), bytes: z.number() }).optional(),
  missing: z.number().optional(),
  damage: z.array(
    z.object({
      problem: z.string(),
      kind: z.string(),
      digest: z.string(),
      repairedFrom: z.string().optional(),
      hurts: z.array(
        z.object({
          repository: z.string(),
          reference: z.string(),
          platform: z.string().optional(),
          referrer: z.string().optional(),
        }),
      ),
    }),
  ),
});

let folder: string;
let distribution: string;

before(async () => {
  await ensureHost({ install: true, groups: ['tools', 'build'] });
  distribution = (await ensurePrograms(['registry'], { cache: programCache(process.env) })).registry;
  folder = await mkdtemp(join(tmpdir(), 'skerry-scrub-'));
});

after(() => rm(folder, { recursive: true, force: true }));

let sites = 0;

/** A registry with images in it, and its folder. */
async function site() {
  const store = join(folder, `store-${++sites}`);
  const registry = await serveRegistryOf(SKERRY, ['--store', store]);
  const remote = openRemote(registry.host);
  const fleet = await putFleet(remote);
  return {
    store,
    remote,
    fleet,
    fileOf: (digest: Digest) => join(store, 'blobs', 'sha256', hexOf(digest)),
    check: async (...args: string[]) => await check(store, ...args),
    [Symbol.asyncDispose]: async () => {
      await remote.close();
      await registry[Symbol.asyncDispose]();
    },
  };
}

type Site = Awaited<ReturnType<typeof site>>;

async function check(store: string, ...args: string[]) {
  const [program, ...before] = SKERRY;
  const command = [...before, 'registry', 'check', '--store', store, '--output', 'json', ...args];
  const ended = await run(program, command, { env: { HOME: folder } });
  const report = ended.stdout === '' ? undefined : Report.parse(JSON.parse(ended.stdout));
  return { ...ended, report };
}

async function assertClean(store: string): Promise<void> {
  const { exitCode, report, stderr } = await check(store, '--all');
  assert.equal(exitCode, 0, stderr);
  assert.equal(report?.clean, true);
  assert.deepEqual(report.damage, []);
}

/** One of each kind; gives what is expected to be said of it. */
async function damage({ fleet, fileOf }: Site): Promise<Map<Digest, { problem: string; hurts: string[] }>> {
  const [, flipped] = fleet.arm64.layers;
  const [, cut] = fleet.amd64.layers;
  const [, lost] = fleet.other.layers;
  assert.ok(flipped && cut && lost);
  for (const { digest } of [flipped, fleet.signature.manifest, fleet.index]) await flipBit(fileOf(digest));
  await truncate(fileOf(cut.digest), 1);
  await rm(fileOf(lost.digest));
  return new Map([
    [flipped.digest, { problem: 'rotten', hurts: ['team/app 1.0'] }],
    [cut.digest, { problem: 'rotten', hurts: ['team/app 1.0'] }],
    [lost.digest, { problem: 'missing', hurts: ['team/other v2'] }],
    [fleet.signature.manifest.digest, { problem: 'rotten', hurts: ['team/app 1.0 its example/signature'] }],
    [fleet.index.digest, { problem: 'rotten', hurts: ['team/app 1.0'] }],
  ]);
}

async function flipBit(path: string): Promise<void> {
  const file = await open(path, 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 0);
  await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, 0);
  await file.close();
}

function found(report: z.infer<typeof Report> | undefined) {
  return new Map(
    report?.damage.map(({ digest, problem, hurts }) => [
      digest,
      {
        problem,
        hurts: hurts.map(
          ({ repository, reference, referrer }) =>
            `${repository} ${reference}${referrer === undefined ? '' : ` its ${referrer}`}`,
        ),
      },
    ]),
  );
}

async function assertServed(remote: RemoteStore, fleet: Fleet): Promise<void> {
  assert.equal((await remote.readManifest('team/app', '1.0'))?.digest, fleet.index.digest);
  assert.equal((await assertWhole(remote, 'team/app', fleet.index.digest)).length, 3);
  await assertWhole(remote, 'team/app', fleet.signature.manifest.digest);
  await assertWhole(remote, 'team/other', fleet.other.manifest.digest);
}

describe('a check while the registry serves', () => {
  test('finds every kind of damage; what is damaged is not served, the rest is', async () => {
    await using place = await site();
    const { fleet, remote, check } = place;
    const expected = await damage(place);
    const ended = await check();
    assert.equal(ended.exitCode, 3);
    assert.equal(failureOf(ended).code, 'REGISTRY_CHECK_FAILED');
    assert.deepEqual(found(ended.report), expected);
    assert.equal(ended.report?.missing, 5);
    const metrics = await (await fetch(`${urlOf(remote)}/metrics`)).text();
    assert.match(metrics, /^skerry_registry_scrub_rotten_blobs_total 5$/m);
    assert.match(metrics, /^skerry_registry_scrub_checked_blobs_total 14$/m);
    for (const digest of expected.keys())
      for (const repository of ['team/app', 'team/other'])
        assert.equal(await remote.statBlob(repository, digest), undefined);
    assert.equal(await remote.readManifest('team/app', '1.0'), undefined);
    assert.equal(await remote.readManifest('team/app', fleet.signature.manifest.digest), undefined);
    for (const { manifest, config, layers } of [fleet.amd64, fleet.arm64]) {
      assert.ok(await remote.readManifest('team/app', manifest.digest));
      assert.equal(await remote.statBlob('team/app', config.digest), config.size);
      assert.equal(
        await remote.statBlob('team/app', layers[0]?.digest ?? fleet.index.digest),
        layers[0]?.size,
      );
    }
    await putFleet(remote);
    await assertServed(remote, fleet);
    await assertClean(place.store);
  });

  test('names the platform that a rotten layer hurts', async () => {
    await using place = await site();
    const [, layer] = place.fleet.arm64.layers;
    assert.ok(layer);
    await flipBit(place.fileOf(layer.digest));
    const { report } = await place.check();
    assert.deepEqual(report?.damage[0]?.hurts, [
      { repository: 'team/app', reference: '1.0', platform: 'linux/arm64/v8' },
    ]);
  });

  for (const [name, openSource] of [
    ['a bundle', bundleOf],
    ['a layout folder', layoutOf],
    ['another registry of ours', ownRegistry],
    ['CNCF Distribution', otherRegistry],
  ] as const) {
    test(`repairs everything from ${name}`, async (context) => {
      await using place = await site();
      const source = await openSource(context);
      const expected = await damage(place);
      const ended = await place.check('--repair-from', source);
      assert.equal(ended.exitCode, 0, ended.stderr);
      assert.deepEqual(found(ended.report), expected);
      assert.ok(ended.report?.damage.every(({ repairedFrom }) => repairedFrom !== undefined));
      await assertServed(place.remote, place.fleet);
      await assertClean(place.store);
    });
  }

  test('goes well while pushes, pulls and deletions run', async () => {
    await using place = await site();
    const { remote, fleet, store } = place;
    let stopped = false;
    const busy = Promise.all(
      [0, 1, 2].map(async (worker) => {
        for (let n = 0; !stopped; n++) {
          const repository = `busy/${worker}`;
          const { manifest } = await putImage(remote, {
            repository,
            tag: `t${n % 5}`,
            layers: [`${worker} ${n}`],
          });
          await assertWhole(remote, repository, manifest.digest);
          await assertServed(remote, fleet);
          if (n % 3 !== 2) continue;
          const tag = `${urlOf(remote)}/v2/${repository}/manifests/t${n % 5}`;
          assert.equal((await fetch(tag, { method: 'DELETE' })).status, 202);
        }
      }),
    );
    for (let round = 0; round < 3; round++) await assertClean(store);
    stopped = true;
    await busy;
    await assertClean(store);
  });

  test('takes no memory for what it reads', async () => {
    await using place = await site();
    const { remote, store } = place;
    for (let n = 0; n < 4; n++) await putBlob(remote, 'large', Buffer.alloc(60_000_000, `large ${n}`));
    const small = await Promise.all(
      Array.from({ length: 400 }, async (_, n) => await putBlob(remote, 'small', `small ${n}`)),
    );
    await check(store, '--all');
    const pid = await registryOf(store);
    await sleep(100);
    const before = memoryOf(pid);
    for (let round = 0; round < 3; round++) await assertClean(store);
    const grown = memoryOf(pid) - before;
    assert.equal(small.length, 400);
    assert.ok(grown < 48 * 1024, `${grown} kB more after three checks of 240 MB`);
  });

  test('says when it can not see a source, and touches nothing', async () => {
    await using place = await site();
    const ended = await place.check('--repair-from', join(folder, 'nowhere'));
    assert.equal(ended.exitCode, 2);
    assert.equal(failureOf(ended).code, 'REGISTRY_REPAIR_SOURCE_UNUSABLE');
  });
});

describe('a check without a registry', () => {
  test('opens the store itself, ends with Ctrl-C, and goes on later', async () => {
    const place = await site();
    for (let n = 0; n < 20; n++) await putBlob(place.remote, 'more', Buffer.alloc(500_000, `${n}`));
    await place[Symbol.asyncDispose]();
    const { store } = place;
    const [program, ...before] = SKERRY;
    const slow = start(
      program,
      [...before, 'registry', 'check', '--store', store, '--rate', '500kB/s', '--output', 'json'],
      { env: { HOME: folder } },
    );
    while (!(await readdir(store)).includes('.check-round.json')) await sleep(20);
    await sleep(1500);
    slow.kill('SIGINT');
    const ended = await slow.ended;
    assert.equal(ended.exitCode, 130);
    assert.equal(failureOf(ended).code, 'INTERRUPTED');
    const rest = await check(store);
    assert.equal(rest.exitCode, 0);
    const all = await check(store);
    assert.ok((rest.report?.checked?.files ?? 0) < (all.report?.checked?.files ?? 0));
    assert.equal((await readdir(store)).includes('.check-round.json'), false);
  });

  test('goes on by itself only at a pace that can be meant', async () => {
    for (const options of [
      ['--scrub-every', '5m'],
      ['--scrub-every', 'often'],
      ['--scrub-rate', '20'],
      ['--scrub-rate', '0MB/s'],
    ]) {
      const [program, ...before] = SKERRY;
      const ended = await run(program, [
        ...before,
        'registry',
        'serve',
        '--store',
        join(folder, 'x'),
        ...options,
      ]);
      assert.equal(ended.exitCode, 2, options.join(' '));
    }
    await using registry = await serveRegistryOf(SKERRY, [
      '--store',
      join(folder, 'unscrubbed'),
      '--scrub-every',
      'off',
    ]);
    assert.equal((await fetch(`http://${registry.host}/readyz`)).status, 200);
  });

  test('of a folder that holds none is refused', async () => {
    const empty = await mkdtemp(join(folder, 'empty-'));
    const ended = await check(empty);
    assert.equal(failureOf(ended).code, 'STORE_NOT_FOUND');
    assert.deepEqual(await readdir(empty), []);
  });
});

function urlOf({ name }: RemoteStore): string {
  return `http://${name.replace('registry ', '')}`;
}

async function layoutOf(): Promise<string> {
  const path = join(folder, `layout-${++sites}`);
  await putFleet(await openLayout(path, { create: true }));
  return path;
}

async function bundleOf(): Promise<string> {
  const layout = await layoutOf();
  const path = `${layout}.bundle.tar`;
  await must('tar', ['-cf', path, '-C', layout, 'oci-layout', 'index.json', 'blobs']);
  return path;
}

async function ownRegistry(context: TestContext): Promise<string> {
  const source = await site();
  context.after(() => source[Symbol.asyncDispose]());
  return urlOf(source.remote);
}

async function otherRegistry(context: TestContext): Promise<string> {
  const data = join(folder, `distribution-${++sites}`);
  await mkdir(data);
  const registry = await distributionRegistry(distribution)(data, AbortSignal.timeout(60_000));
  context.after(() => registry.stop());
  await putFleet(openRemote(registry.address));
  return `http://${registry.address}`;
}

async function registryOf(store: string): Promise<number> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = readCommand(Number(name));
    if (command.includes('serve') && command.includes(store)) return Number(name);
  }
  assert.fail('no registry serves the store');
}

function readCommand(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Kilobytes of the most memory that the process ever had. */
function memoryOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

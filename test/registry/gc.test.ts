import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { digestOf } from '../../content/digest.ts';
import { openRemote, type RemoteStore } from '../../content/remote/store.ts';
import { openServedStore } from '../../registry/store/open.ts';
import { putBlob, putImage, putIndex } from '../../registry/testing/scrub-images.ts';
import { PROJECT } from '../install/product.ts';
import { serveRegistryOf } from './process.ts';
import { type Ended, failureOf, run, start } from './skerry-process.ts';
import { mountSmallDisk } from './small-disk.ts';

const SKERRY = [process.execPath, join(PROJECT, 'skerry.ts')] as const;
const AMD64 = { architecture: 'amd64', os: 'linux' };
const ARM64 = { architecture: 'arm64', os: 'linux' };

const Report = z.object({
  repositories: z.array(
    z.object({
      repository: z.string(),
      manifests: z.array(z.object({ digest: z.string(), why: z.string() })),
      keptForNow: z.array(z.object({ digest: z.string(), reason: z.string() })),
    }),
  ),
  planned: z.object({ bytes: z.number() }),
  done: z.object({ bytes: z.number(), files: z.number() }).optional(),
});

const Traced = z.looseObject({
  by: z.string(),
  repository: z.string().optional(),
  tags: z.array(z.string()).optional(),
  manifests: z.number().optional(),
});
const Logged = z.looseObject({ event: z.literal('garbage-collected'), manifests: z.number() });

async function skerry(...args: string[]): Promise<Ended> {
  const [node, program] = SKERRY;
  return await run(node, [program, ...args]);
}

async function gc(folder: string, ...args: string[]) {
  const ended = await skerry('registry', 'gc', '--store', folder, '--output', 'json', ...args);
  assert.equal(ended.exitCode, 0, ended.stderr);
  return Report.parse(JSON.parse(ended.stdout));
}

async function newFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-gc-'));
  context.after(async () => await rm(folder, { recursive: true, force: true }));
  return folder;
}

async function blobBytes(folder: string): Promise<number> {
  const names = await readdir(join(folder, 'blobs', 'sha256'));
  const sizes = await Promise.all(names.map((name) => stat(join(folder, 'blobs', 'sha256', name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

function remote(host: string): RemoteStore {
  return openRemote(host, { credentials: async () => undefined });
}

suite('skerry registry gc', { timeout: 120_000 }, () => {
  test('asks the registry that serves the folder, frees what its plan says, and nothing that is tagged', async (context) => {
    const folder = await newFolder(context);
    await using registry = await serveRegistryOf(SKERRY, ['--store', folder]);
    const store = remote(registry.host);
    const images = [
      await putImage(store, { repository: 'team/app', layers: ['amd64 '.repeat(50_000), 'shared'] }),
      await putImage(store, { repository: 'team/app', layers: ['arm64 '.repeat(50_000), 'shared'] }),
    ];
    const platforms = images.map(({ manifest }, at) => [at === 0 ? AMD64 : ARM64, manifest] as const);
    for (const tag of ['1', '2']) await putIndex(store, { repository: 'team/app', tag }, platforms);
    await putImage(store, { repository: 'team/app', tag: '2', layers: ['another'] });
    const kept = await putImage(store, { repository: 'team/db', tag: '1', layers: ['shared', 'own'] });
    assert.equal((await gc(folder, '--plan')).planned.bytes, 0);
    const response = await fetch(`http://${registry.host}/v2/team/app/manifests/1`, { method: 'DELETE' });
    assert.equal(response.status, 202);
    const before = await blobBytes(folder);
    const plan = await gc(folder, '--plan');
    assert.equal(plan.done, undefined);
    assert.equal(await blobBytes(folder), before);
    const done = await gc(folder);
    assert.equal(done.done?.bytes, plan.planned.bytes);
    assert.equal(before - (await blobBytes(folder)), plan.planned.bytes);
    assert.ok(plan.planned.bytes > 600_000);
    assert.deepEqual(
      plan.repositories.flatMap(({ manifests }) => manifests.map(({ why }) => why)),
      ['deleted', 'part', 'part'],
    );
    assert.deepEqual((await store.readManifest('team/db', '1'))?.digest, kept.manifest.digest);
    assert.equal(await store.statBlob('team/db', digestOf('shared')), 6);
    assert.equal(await store.statBlob('team/app', digestOf('shared')), undefined);
    assert.equal(await store.statBlob('team/app', digestOf('another')), 7);
  });

  test('opens the store itself when no registry does, and keeps for now what was replaced', async (context) => {
    const folder = await newFolder(context);
    const store = await openServedStore(folder);
    const old = await putImage(store, { repository: 'team/app', tag: '1', layers: ['old'] });
    await putImage(store, { repository: 'team/app', tag: '1', layers: ['new'] });
    await store.close();
    const [report] = (await gc(folder)).repositories;
    assert.deepEqual(report?.keptForNow, [{ digest: old.manifest.digest, reason: 'untagged' }]);
    const roots = join(folder, 'roots.txt');
    await writeFile(roots, `# what runs\nregistry.example/team/app@${old.manifest.digest}\n`);
    assert.equal((await gc(folder, '--keep-untagged', '0', '--roots', roots)).done?.bytes, 0);
    const retain = join(folder, 'retain.yaml');
    await writeFile(retain, 'rules:\n  - repositories: team/**\n    keepUntagged: forever\n');
    assert.equal((await gc(folder, '--keep-untagged', '0', '--retain', retain)).done?.bytes, 0);
    assert.equal((await gc(folder, '--keep-untagged', '0')).done?.files, 3);
  });

  test('leaves a trace, whether a registry serves the folder or not; one that is read-only collects nothing', async (context) => {
    const folder = await newFolder(context);
    const images = async (store: RemoteStore, ...tags: string[]) => {
      for (const tag of tags) await putImage(store, { repository: 'team/app', tag, layers: [tag] });
    };
    const remove = async (host: string, tag: string) =>
      await fetch(`http://${host}/v2/team/app/manifests/${tag}`, { method: 'DELETE' });
    const collected = async () =>
      (await readFile(join(folder, 'audit.log'), 'utf8'))
        .split('\n')
        .filter((line) => line.includes('"action":"collect'))
        .map((line) => Traced.parse(JSON.parse(line)));
    let log: readonly unknown[];
    {
      await using registry = await serveRegistryOf(SKERRY, ['--store', folder]);
      log = registry.log;
      await images(remote(registry.host), '1', '2', '3');
      await remove(registry.host, '1');
      await gc(folder);
      await remove(registry.host, '2');
    }
    const [manifest, sum] = await collected();
    assert.deepEqual([manifest?.repository, manifest?.tags, sum?.manifests], ['team/app', ['1'], 1]);
    assert.ok(manifest?.by.startsWith(userInfo().username));
    assert.equal(sum?.by, manifest?.by);
    assert.ok(log.some((line) => Logged.safeParse(line).data?.manifests === 1));
    {
      await using readOnly = await serveRegistryOf(SKERRY, ['--store', folder, '--read-only']);
      const metrics = await (await fetch(`http://${readOnly.host}/metrics`)).text();
      assert.match(metrics, /^skerry_registry_garbage_collection_last_done_timestamp_seconds 1[.0-9e+]+$/m);
      const ended = await skerry('registry', 'gc', '--store', folder, '--output', 'json');
      assert.equal(failureOf(ended).code, 'REGISTRY_READ_ONLY');
      await gc(folder, '--plan');
    }
    assert.equal((await collected()).length, 2);
    await gc(folder);
    assert.deepEqual((await collected()).at(2)?.tags, ['2']);
    const verified = await skerry('registry', 'audit', 'verify', '--store', folder);
    assert.equal(verified.exitCode, 0, verified.stderr);
    const both = ['--store', folder, '--read-only', '--gc-every', '1h'];
    assert.equal((await skerry('registry', 'serve', ...both)).exitCode, 2);
  });

  test('collects nothing when it does not understand what must stay', async (context) => {
    const folder = await newFolder(context);
    const store = await openServedStore(folder);
    const image = await putImage(store, { repository: 'team/app', tag: '1', layers: ['layer'] });
    await store.deleteManifest('team/app', image.manifest.digest);
    await store.close();
    const before = await blobBytes(folder);
    const roots = join(folder, 'roots.txt');
    await writeFile(roots, 'team/app@latest\n');
    const refused = async (...args: string[]) => {
      const ended = await skerry('registry', 'gc', '--store', folder, '--output', 'json', ...args);
      assert.equal(ended.exitCode, 2);
      return failureOf(ended).code;
    };
    assert.equal(await refused('--roots', roots), 'REGISTRY_ROOTS_INVALID');
    assert.equal(await refused('--roots', join(folder, 'nowhere.txt')), 'REGISTRY_ROOTS_INVALID');
    assert.equal(await refused('--retain', roots), 'REGISTRY_RETENTION_INVALID');
    assert.equal((await skerry('registry', 'gc', '--store', folder, '--keep-untagged', 'soon')).exitCode, 2);
    assert.equal((await skerry('registry', 'gc')).exitCode, 2);
    assert.equal(await blobBytes(folder), before);
  });

  test('may be interrupted, and goes on the next time', async () => {
    await using disk = await mountSmallDisk(256 * 1024 * 1024);
    const folder = join(disk.folder, 'store');
    const long = Date.now() - 40 * 24 * 3_600_000;
    const store = await openServedStore(folder, { clock: () => long });
    const blobs = Array.from({ length: 6000 }, (_, n) => `garbage ${n}`);
    for (let from = 0; from < blobs.length; from += 200)
      await Promise.all(blobs.slice(from, from + 200).map((each) => putBlob(store, 'team/app', each)));
    await putImage(store, { repository: 'team/app', tag: '1', layers: ['stays'] });
    await store.close();
    const files = async () => (await readdir(join(folder, 'blobs', 'sha256'))).length;
    const [node, program] = SKERRY;
    const running = start(node, [program, 'registry', 'gc', '--store', folder]);
    while ((await files()) > 5900) await sleep(1);
    running.kill('SIGINT');
    const { exitCode, stderr } = await running.ended;
    assert.equal(exitCode, 130, stderr);
    const left = await files();
    assert.ok(left > 3, 'it was over before it was interrupted');
    assert.equal((await gc(folder)).done?.files, left - 3);
    assert.equal(await files(), 3);
    const check = await skerry('registry', 'check', '--store', folder);
    assert.equal(check.exitCode, 0, check.stderr);
  });
});

suite('skerry registry serve --gc-every', { timeout: 60_000 }, () => {
  test('refuses a time that makes no sense', async (context) => {
    const folder = await newFolder(context);
    for (const every of ['1s', 'daily'])
      assert.equal((await skerry('registry', 'serve', '--store', folder, '--gc-every', every)).exitCode, 2);
  });
});

suite('skerry registry usage', { timeout: 60_000 }, () => {
  const Usage = z.object({
    repositories: z.array(z.object({ repository: z.string(), bytes: z.number(), ownBytes: z.number() })),
    total: z.object({ bytes: z.number(), sharedBytes: z.number() }),
  });

  test('lists repositories in the order that is asked for', async (context) => {
    const folder = await newFolder(context);
    await using registry = await serveRegistryOf(SKERRY, ['--store', folder]);
    const store = remote(registry.host);
    await putImage(store, { repository: 'a', tag: '1', layers: ['shared '.repeat(1000)] });
    await putImage(store, {
      repository: 'b',
      tag: '1',
      layers: ['shared '.repeat(1000), 'own '.repeat(500)],
    });
    await putImage(store, { repository: 'c', tag: '1', layers: ['own '.repeat(400)] });
    const usage = async (...args: string[]) => {
      const ended = await skerry('registry', 'usage', '--store', folder, '--output', 'json', ...args);
      assert.equal(ended.exitCode, 0, ended.stderr);
      return Usage.parse(JSON.parse(ended.stdout));
    };
    const names = async (...args: string[]) =>
      (await usage(...args)).repositories.map(({ repository }) => repository).join('');
    assert.equal(await names(), 'bac');
    assert.equal(await names('--sort', 'own'), 'bca');
    assert.equal(await names('--sort', 'name', '--repository', '*'), 'abc');
    const { total } = await usage();
    assert.equal(total.bytes, await blobBytes(folder));
    assert.equal(total.sharedBytes, 7000);
    assert.equal((await skerry('registry', 'usage', '--store', folder, '--repository', '/a')).exitCode, 2);
  });
});

import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { parseManifest } from '../../../content/manifest.ts';
import { must } from '../skerry-process.ts';
import { layoutOf } from './images.ts';
import { SKERRY } from './served-store.ts';
import { openSite, type Runner, type Site } from './site.ts';

const HTTP = '--allow-http-registry';
const OFFLINE = '--insecure-ignore-tlog';
const Kept = z.object({ digest: z.string(), reason: z.string() });
const Report = z.object({
  repositories: z.array(z.object({ repository: z.string(), keptForNow: z.array(Kept) })),
  planned: z.object({ bytes: z.number() }),
  done: z.object({ bytes: z.number() }),
});

let site: Site<'crane' | 'cosign'>;
let run: Runner;
const crane = (...args: string[]) => run(site.programs.crane, ...args);
const cosign = (...args: string[]) =>
  run.with({ env: { COSIGN_EXPERIMENTAL: '1' } })(site.programs.cosign, ...args);
const key = () => ['--key', join(run.home, 'cosign.key'), '--tlog-upload=false', HTTP, '-y'];
const check = () => ['--key', join(run.home, 'cosign.pub'), OFFLINE, HTTP];

before(async () => {
  site = await openSite(['crane', 'cosign']);
  run = await site.newcomer();
  await cosign('generate-key-pair');
});

after(async () => await site?.[Symbol.asyncDispose]());

/** Collects garbage while the registry serves; what the plan said has come back. */
async function collect(): Promise<z.infer<typeof Report>> {
  const folder = join(site.folder, 'registry', 'store');
  const [node, program] = SKERRY;
  const had = await blobBytes(folder);
  const json = await must(node, [
    program,
    ...['registry', 'gc', '--store', folder, '--keep-untagged', '0', '--output', 'json'],
  ]);
  const report = Report.parse(JSON.parse(json));
  const { planned, done } = report;
  assert.equal(had - (await blobBytes(folder)), planned.bytes);
  assert.equal(done.bytes, planned.bytes);
  return report;
}

async function blobBytes(folder: string): Promise<number> {
  const blobs = join(folder, 'blobs', 'sha256');
  const sizes = await Promise.all((await readdir(blobs)).map((name) => stat(join(blobs, name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

describe('after garbage was collected', () => {
  test('an index that crane pushed is whole while one of its tags is left', async () => {
    const { images, registry } = site;
    const target = `${registry.host}/crane/nested`;
    await crane('push', '--index', await layoutOf(images, images.nested), `${target}:1`);
    await crane('tag', `${target}:1`, '2');
    await crane('delete', `${target}:1`);
    await collect();
    await registry.assertHolds('crane/nested', '2', images.nested);
    await crane('pull', '--format=oci', `${target}:2`, join(run.home, 'nested'));
  });

  test('an index that crane deletes is gone with its platforms; one that somebody just asked for stays a little longer', async () => {
    const { images, registry } = site;
    const target = `${registry.host}/crane/gone`;
    await crane('push', '--index', await layoutOf(images, images.app), `${target}:1`);
    const [first, ...others] = parseManifest(images.app, 'app').manifests.map(({ digest }) => digest);
    assert.ok(first !== undefined && others.length > 0);
    await crane('manifest', `${target}@${first}`);
    await crane('delete', `${target}@${images.app.digest}`);
    const { repositories } = await collect();
    const kept = repositories.find(({ repository }) => repository === 'crane/gone')?.keptForNow ?? [];
    assert.deepEqual(kept, [{ digest: first, reason: 'in-use' }]);
    assert.equal((await registry.store.readManifest('crane/gone', first))?.digest, first);
    for (const digest of others)
      assert.equal(await registry.store.readManifest('crane/gone', digest), undefined);
  });

  test("cosign's signatures, of both kinds, verify as long as there is the image, and go with it", async () => {
    const { images, registry } = site;
    await registry.seed(images, images.app, 'cosign/app', '1');
    const image = `${registry.host}/cosign/app@${images.app.digest}`;
    await cosign('sign', ...key(), image);
    await cosign('sign', ...key(), '--registry-referrers-mode=oci-1-1', image);
    await collect();
    await cosign('verify', ...check(), image);
    await cosign('verify', ...check(), '--experimental-oci11', image);
    assert.equal((await registry.store.listTags('cosign/app')).length, 2);
    await crane('delete', `${registry.host}/cosign/app:1`);
    assert.ok((await collect()).done.bytes > 0);
    assert.deepEqual(await registry.store.listTags('cosign/app'), []);
    assert.deepEqual(await registry.store.listReferrers('cosign/app', images.app.digest), []);
    assert.equal(await registry.store.readManifest('cosign/app', images.app.digest), undefined);
  });
});

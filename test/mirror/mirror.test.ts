import assert from 'node:assert/strict';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { stringify } from 'yaml';
import { z } from 'zod';
import { openLayout } from '../../content/layout/layout.ts';
import { openRemote, type RemoteStore } from '../../content/remote/store.ts';
import type { Manifest } from '../../content/store.ts';
import { runCli } from '../../installer/cli.ts';
import { takeRunLock } from '../../installer/commands/mirror/run-lock.ts';
import { openSite, type Runner, type Site } from '../registry/clients/site.ts';
import { type Distribution, serveDistribution } from '../registry/distribution.ts';
import type { LoggedRequest } from '../registry/process.ts';
import { failureOf } from '../registry/skerry-process.ts';
import { assertWhole } from '../registry/whole-content.ts';

const Jobs = z.object({
  jobs: z.array(
    z.looseObject({
      items: z.number(),
      failed: z.number(),
      done: z.number().optional(),
      skipped: z.number().optional(),
      same: z.number().optional(),
      bytes: z.number().optional(),
      bytesCopied: z.number().optional(),
      deleted: z.number().optional(),
      failures: z.array(
        z.object({ repository: z.string(), reference: z.string().optional(), code: z.string() }),
      ),
    }),
  ),
});

let site: Site<'cosign' | 'registry' | 'helm'>;
let distribution: Distribution;
let target: RemoteStore;
let user: Runner;

before(async () => {
  site = await openSite(['cosign', 'registry', 'helm']);
  user = await site.newcomer();
  distribution = await serveDistribution(site.programs.registry, join(site.folder, 'distribution'), {
    deletes: true,
  });
  target = openRemote(distribution.address);
});

after(async () => {
  await target?.close();
  await distribution?.[Symbol.asyncDispose]();
  await site?.[Symbol.asyncDispose]();
});

/** A mirror file with one job from the site's registry to Distribution, in a folder of its own. */
async function mirrorFile(name: string, job: object, more: object = {}): Promise<string> {
  const folder = join(site.folder, name);
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'mirror.yaml');
  const from = `http://${site.registry.host}`;
  const defaults = { name: 'job', from, to: `http://${distribution.address}` };
  const mirror = {
    apiVersion: 'skerry.dev/v1',
    kind: 'Mirror',
    name,
    ...more,
    jobs: [{ ...defaults, ...job }],
  };
  await writeFile(path, stringify(mirror));
  return path;
}

/** `skerry mirror …`, in this process: what it said, and the code of its error where it ended with one. */
async function mirror(verb: 'plan' | 'run' | 'check', path: string, ...more: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const env = { HOME: user.home, DOCKER_CONFIG: user.home, PATH: process.env.PATH };
  const console = { stdout, stderr, stdin: new PassThrough(), env };
  const exitCode = await runCli(['mirror', verb, path, ...more, '--output', 'json'], console);
  const [said, told] = [textOf(stdout), textOf(stderr)];
  const job = said === '' ? undefined : Jobs.parse(JSON.parse(said)).jobs[0];
  const failure = exitCode === 0 ? undefined : failureOf({ stderr: told });
  return { exitCode, code: failure?.code, failure, job };
}

function textOf(stream: PassThrough): string {
  const chunk: unknown = stream.read();
  return chunk === null ? '' : String(chunk);
}

async function assertSame(repository: string, tag: string, { digest }: Manifest): Promise<void> {
  assert.equal((await target.resolveManifest(repository, tag))?.digest, digest, `${repository}:${tag}`);
  await assertWhole(target, repository, digest);
}

/** Requests that ask what a tag stands for. */
function questions(requests: readonly LoggedRequest[]): LoggedRequest[] {
  return requests.filter(({ path }) => /\/manifests\/[^:]*$/.test(path));
}

describe('a mirror from one registry to another', () => {
  test('is planned, made, and then has nothing to do: one question for each tag', async () => {
    const { images, registry } = site;
    for (const image of ['app', 'nested', 'docker'] as const)
      await registry.seed(images, images[image], `first/${image}`, '1');
    const tags = Array.from({ length: 20 }, (_, index) => `v1.${index}.0`);
    for (const tag of tags) await registry.store.writeManifest('first/app', tag, images.app);
    const path = await mirrorFile('first', { repositories: ['first/*'] });
    const planned = await mirror('plan', path);
    assert.deepEqual([planned.code, planned.job?.items], [undefined, 23]);
    assert.deepEqual([(await mirror('check', path)).exitCode], [7]);
    const made = await mirror('run', path);
    assert.deepEqual([made.code, made.job?.done, made.job?.bytesCopied], [undefined, 23, planned.job?.bytes]);
    for (const image of ['app', 'nested', 'docker'] as const)
      await assertSame(`first/${image}`, '1', images[image]);
    for (const tag of tags) await assertSame('first/app', tag, images.app);
    const requests = await registry.during(async () => {
      const again = await mirror('run', path);
      assert.deepEqual([again.code, again.job?.done, again.job?.skipped], [undefined, 0, 23]);
    });
    assert.equal(questions(requests).length, 23);
    // Beside them the catalogue, and for each repository its tags.
    assert.ok(requests.length <= 23 + 1 + 2 * 3, `${requests.length} requests`);
    assert.equal((await mirror('check', path)).exitCode, 0);
  });

  test('keeps what a moved tag stood for, and deletes as planned', async () => {
    const { images, registry } = site;
    for (const tag of ['1', '2', '3', '4']) await registry.seed(images, images.app, 'second/app', tag);
    const path = await mirrorFile('second', {
      repositories: ['second/app'],
      backup: '{tag}-before-{digest}',
      delete: { maxShare: 25 },
    });
    assert.equal((await mirror('run', path)).exitCode, 0);
    await registry.seed(images, images.nested, 'second/app', '1');
    await registry.store.deleteTag('second/app', '4');
    assert.equal((await mirror('check', path)).code, 'MIRROR_DRIFT');
    const made = await mirror('run', path);
    assert.deepEqual([made.exitCode, made.job?.done, made.job?.deleted], [0, 1, 1]);
    const kept = `1-before-${images.app.digest.slice(7, 19)}`;
    assert.deepEqual(await target.listTags('second/app'), ['1', kept, '2', '3']);
    await assertSame('second/app', '1', images.nested);
    await assertSame('second/app', kept, images.app);
    await registry.store.deleteTag('second/app', '2');
    await registry.store.deleteTag('second/app', '3');
    const refused = await mirror('run', path);
    assert.deepEqual([refused.exitCode, refused.job?.deleted], [6, 0]);
    assert.match(refused.failure?.detail ?? '', /MIRROR_DELETES_TOO_MUCH/);
  });

  test('brings one platform under the digest of the index, and goes on when the rest is wanted', async () => {
    const { images, registry } = site;
    await registry.seed(images, images.app, 'third/app', '1');
    const job = { repositories: ['third/app'] };
    const sparse = await mirrorFile('third', { ...job, platforms: ['linux/amd64'] });
    assert.equal((await mirror('run', sparse)).code, undefined);
    assert.equal((await target.resolveManifest('third/app', '1'))?.digest, images.app.digest);
    assert.equal((await mirror('check', sparse)).exitCode, 0);
    await assert.rejects(assertWhole(target, 'third/app', images.app.digest));
    const whole = await mirrorFile('third', job);
    assert.equal((await mirror('check', whole)).exitCode, 7);
    assert.equal((await mirror('run', whole)).exitCode, 0);
    await assertSame('third/app', '1', images.app);
  });

  test('one bad tag is named, the exit code says that something failed, and all others are there', async () => {
    const { images, registry } = site;
    await registry.seed(images, images.app, 'fourth/app', '1');
    const tags = { names: ['1', 'absent'] };
    const path = await mirrorFile('fourth', { repositories: [{ match: 'fourth/app', tags }] });
    const made = await mirror('run', path);
    assert.deepEqual([made.exitCode, made.code], [6, 'MIRROR_INCOMPLETE']);
    assert.deepEqual(
      made.job?.failures.map(({ reference, code }) => [reference, code]),
      [['absent', 'CONTENT_NOT_FOUND']],
    );
    await assertSame('fourth/app', '1', images.app);
  });

  test('a source that does not answer has an exit code of its own', async () => {
    const path = await mirrorFile('fifth', { from: 'http://127.0.0.1:9', repositories: ['a/b'] });
    const made = await mirror('run', path);
    assert.deepEqual([made.exitCode, made.code], [1, 'MIRROR_UNREACHABLE']);
  });

  test('does not begin while another run has not ended', async () => {
    const path = await mirrorFile('sixth', { repositories: ['first/app'] });
    const state = join(site.folder, 'sixth', 'state.json');
    const lock = await takeRunLock(state);
    assert.ok(lock !== undefined);
    try {
      assert.equal((await mirror('run', path, '--state', state)).code, 'MIRROR_BUSY');
    } finally {
      lock.release();
    }
    assert.equal((await mirror('run', path, '--state', state)).exitCode, 0);
  });
});

describe('signatures', () => {
  const HTTP = '--allow-http-registry';
  const OFFLINE = '--insecure-ignore-tlog';
  const cosign = (...args: string[]) =>
    user.with({ env: { COSIGN_EXPERIMENTAL: '1' } })(site.programs.cosign, ...args);
  const ways: Record<string, string[]> = {
    tag: [],
    referrer: ['--registry-referrers-mode=oci-1-1'],
    bundle: ['--new-bundle-format'],
  };

  before(async () => {
    await cosign('generate-key-pair');
    await cp(join(user.home, 'cosign.pub'), join(site.folder, 'cosign.pub'));
  });

  test('of every scheme of cosign are checked before anything is mirrored, and arrive with the image', async () => {
    const { images, registry } = site;
    const sign = ['sign', '--key', join(user.home, 'cosign.key'), '--tlog-upload=false', HTTP, '-y'];
    for (const [way, options] of Object.entries(ways)) {
      await registry.seed(images, images.app, `signed/${way}`, '1');
      await cosign(...sign, ...options, `${registry.host}/signed/${way}@${images.app.digest}`);
    }
    await registry.seed(images, images.app, 'signed/none', '1');
    const verify = [{ key: '../cosign.pub' }];
    const path = await mirrorFile('signed', { repositories: ['signed/*'], verify });
    const made = await mirror('run', path);
    assert.deepEqual([made.code, made.job?.done], ['MIRROR_INCOMPLETE', 3]);
    assert.deepEqual(
      made.job?.failures.map(({ repository, code }) => [repository, code]),
      [['signed/none', 'SIGNATURE_MISSING']],
    );
    assert.equal(await target.resolveManifest('signed/none', '1'), undefined);
    const check = ['verify', '--key', join(user.home, 'cosign.pub'), OFFLINE, HTTP];
    await cosign('trusted-root', 'create', '--out', 'trusted-root.json');
    const more: Record<string, string[]> = {
      tag: [],
      referrer: ['--experimental-oci11'],
      bundle: ['--new-bundle-format', '--trusted-root', 'trusted-root.json'],
    };
    for (const [way, options] of Object.entries(more))
      await cosign(...check, ...options, `${distribution.address}/signed/${way}@${images.app.digest}`);
  });
});

describe('a stick', () => {
  test('takes images along in a folder and brings them to the island, week after week', async () => {
    const { images, registry } = site;
    await registry.seed(images, images.app, 'island/app', '1');
    const stick = join(site.folder, 'stick');
    const out = await mirrorFile('out', { repositories: ['island/app'], to: stick });
    const back = await mirrorFile('back', {
      from: stick,
      repositories: undefined,
      rename: [{ prefix: 'island/', to: 'here/' }],
    });
    assert.equal((await mirror('run', out)).exitCode, 0);
    assert.equal((await mirror('run', back)).exitCode, 0);
    await assertSame('here/app', '1', images.app);
    await registry.seed(images, images.docker, 'island/app', '2');
    assert.equal((await mirror('run', out)).job?.done, 1);
    await assertWhole(await openLayout(stick), 'island/app', images.docker.digest);
    assert.deepEqual((await mirror('run', back)).job?.done, 1);
    await assertSame('here/app', '2', images.docker);
  });

  test('takes single images and a chart with its images along', async () => {
    const { images, registry } = site;
    await registry.seed(images, images.app, 'charted/app', '1');
    await registry.seed(images, images.docker, 'single/docker', '1');
    const chart = join(site.folder, 'charts', 'shop');
    await mkdir(join(chart, 'templates'), { recursive: true });
    await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: shop\nversion: 1.2.3\n');
    const host = registry.host.replace('localhost', '127.0.0.1');
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'shop' },
      spec: { containers: [{ name: 'shop', image: `${host}/charted/app:1` }] },
    };
    await writeFile(join(chart, 'templates', 'pod.yaml'), stringify(pod));
    const path = await mirrorFile('charts', {
      from: undefined,
      charts: [{ chart: 'shop' }],
      images: [{ image: `${host}/single/docker:1`, to: 'single:one' }],
    });
    const made = await mirror('run', path, '--helm', site.programs.helm);
    assert.deepEqual([made.code, made.job?.done], [undefined, 3]);
    assert.deepEqual(await target.listTags('charts/shop'), ['1.2.3']);
    await assertSame('single', 'one', images.docker);
    await assertSame(`${host.replace(':', '-')}/charted/app`, '1', images.app);
  });
});

import assert from 'node:assert/strict';
import { chmod, copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Digest, hexOf } from '../../content/digest.ts';
import { openLayout } from '../../content/layout/layout.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { openAccess } from '../../registry/access/access.ts';
import { type ServedRegistry, serveRegistry } from '../../registry/server/serve.ts';
import { ensureStick, type StickFixture } from '../install/stick.ts';
import { serveRegistryOf } from '../registry/process.ts';
import { type Ended, failureOf, must, type Running, run, start } from '../registry/skerry-process.ts';
import { fillDisk, mountSmallDisk } from '../registry/small-disk.ts';
import { GatedStore } from './gated-store.ts';
import { edit, IMAGE_HOST, putSmallImages, SMALL_IMAGES, writeSmallRelease } from './small-release.ts';

const BUNDLE = 'small-1.2.3.bundle.tar';
const needsRoot = process.getuid?.() !== 0 && 'only root may mount a disk';
const Created = z.object({
  bundle: z.string().nullable(),
  release: z.object({ name: z.string(), version: z.string(), digest: z.string() }),
  bytes: z.number(),
  bytesCopied: z.number(),
  images: z.array(z.object({ reference: z.string(), digest: z.string() })),
  leftOut: z.array(z.object({ reference: z.string(), reason: z.string(), where: z.string() })),
  packs: z.array(z.object({ name: z.string(), version: z.string() })),
});

let stick: StickFixture;
let home: string;
/** Scripts that stand for the two programs on a small stick: copying the real ones each time would show nothing. */
let helm: string;
let program: string;
/** The SHA-256 sums of the stick that an undisturbed create makes of the small release. */
let undisturbed: string;

before(async () => {
  stick = await ensureStick();
  home = await mkdtemp(join(tmpdir(), 'skerry-create-test-'));
  helm = await script('helm', `exec '${stick.helm}' "$@"`);
  program = await script('program', 'exit 0');
  const made = await newRelease();
  assert.equal((await create(made)).exitCode, 0);
  undisturbed = await sumsOf(made.out);
});

after(() => rm(home, { recursive: true, force: true }));

describe('a stick of the platform’s own release', () => {
  test('two creates in different folders give the same bytes, cover sheet and all', async () => {
    const out = join(home, 'elsewhere', 'stick');
    const args = ['bundle', 'create', 'manifests/release.yaml', '-o', out, '--key', stick.keyPath];
    await must(stick.program, args, {
      cwd: join(import.meta.dirname, '../..'),
      env: { ...environment(), SKERRY_HELM: stick.helm },
    });
    const programs = ['helm', 'providers', 'release.pub', 'skerry'];
    const names = ['COVER.txt', 'SHA256SUMS', ...programs, basename(stick.bundle)];
    assert.deepEqual((await readdir(out)).sort(), names);
    assert.equal(await sumsOf(out), await sumsOf(stick.folder));
    await checkSums(out);
    await rm(out, { recursive: true });
  });

  test('the program on the stick verifies it, and says so when the key is another', async () => {
    const verify = async (key: string) => {
      const args = ['bundle', 'verify', stick.folder, '--key', key, '--output', 'json'];
      return await run(join(stick.folder, 'skerry'), args, { env: environment() });
    };
    const good = await verify(stick.publicKeyPath);
    assert.equal(JSON.parse(good.stdout).verified, true);
    await must(stick.program, ['key', 'generate', join(home, 'other.key')]);
    assertFailed(await verify(join(home, 'other.pub')), 'SIGNATURE_WRONG_KEY', 3);
  });
});

test('the program on the stick says only what it was asked for', async () => {
  const { exitCode, stdout, stderr } = await run(join(stick.folder, 'skerry'), ['--version']);
  assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
  assert.match(stdout, /^\d+\.\d+\.\d+$/);
});

describe('what goes into a bundle', () => {
  test('the result is one document of JSON that names every image by digest', async () => {
    const made = await newRelease();
    const result = Created.parse(JSON.parse((await create(made)).stdout));
    assert.equal(result.bundle, join(made.out, BUNDLE));
    assert.deepEqual(result.packs, [{ name: 'cache', version: '0.1.0' }]);
    assert.ok(result.bytesCopied > 6_000_000 && result.bytesCopied < result.bytes);
    await checkSums(made.out);
  });

  test('a second run into the same folder copies nothing', async () => {
    const made = await newRelease();
    assert.equal((await create(made)).exitCode, 0);
    const again = Created.parse(JSON.parse((await create(made)).stdout));
    assert.equal(again.bytesCopied, 0);
    assert.equal(await sumsOf(made.out), undisturbed);
  });

  test('images named in arguments, environments, ConfigMaps and presets come along where they exist; others are reported', async () => {
    const made = await newRelease();
    // Nobody listens there.
    await edit(join(made.folder, WEB), 'gone:0.9', 'gone:0.9, before that at 127.0.0.1:1/team/gone:0.8');
    const result = Created.parse(JSON.parse((await create(made)).stdout));
    const expected = Object.keys(SMALL_IMAGES).map((name) => `${IMAGE_HOST}/${name}:1.0`);
    assert.deepEqual(
      result.images.map(({ reference }) => reference),
      expected.sort(),
    );
    const annotation = 'component web: Deployment.apps web spec.template.metadata.annotations';
    assert.deepEqual(
      result.leftOut.map(({ reference, reason, where }) => [reference, reason, where.startsWith(annotation)]),
      [
        ['127.0.0.1:1/team/gone:0.8', 'REGISTRY_UNREACHABLE', true],
        [`${IMAGE_HOST}/team/gone:0.9`, 'IMAGE_NOT_FOUND', true],
      ],
    );
  });

  test('a dry run says the same and writes nothing', async () => {
    const made = await newRelease();
    const result = Created.parse(JSON.parse((await create(made, { args: ['--dry-run'] })).stdout));
    assert.equal(result.bundle, null);
    assert.equal(result.images.length, Object.keys(SMALL_IMAGES).length);
    assert.deepEqual(await filesIn(made.out), []);
  });

  test('an encrypted key signs when its password is given', async () => {
    const key = join(home, 'locked.key');
    const env = { SKERRY_KEY_PASSWORD: 'right' };
    await must(stick.program, ['key', 'generate', key], { env });
    const made = await newRelease();
    const args = ['--key', key];
    assert.equal((await create(made, { args, env })).exitCode, 0);
    const wrong = await newRelease();
    assertFailed(await create(wrong, { args, env: { SKERRY_KEY_PASSWORD: 'wrong' } }), 'KEY_INVALID', 2);
    assertFailed(await create(wrong, { args }), 'KEY_INVALID', 2);
    assert.deepEqual(await filesIn(wrong.out), []);
  });
});

describe('images from a registry', () => {
  let store: string;
  before(async () => {
    store = join(home, 'store');
    await putSmallImages(await openLayout(store, { create: true }), '');
  });

  test('the bundle is the same as with images from a layout', async () => {
    await using registry = await serveRegistryOf(stick.program, ['--store', store, '--read-only']);
    const made = await newRelease({ registry: registry.host });
    assert.equal((await create(made)).exitCode, 0);
    assert.equal(await sumsOf(made.out), undisturbed);
  });

  test('a password is taken from the configuration of docker, and without one the registry refuses', async () => {
    const password = 'correct horse: battery';
    const hash = await must(stick.program, ['registry', 'hash-password'], { input: password });
    const users = join(home, 'users.txt');
    await writeFile(users, `reader:${hash}\n`);
    await using registry = await serveRegistryOf(stick.program, ['--store', store, '--users', users]);
    const made = await newRelease({ registry: registry.host });
    assertFailed(await create(made), 'REGISTRY_DENIED', 1);
    await writeFile(join(home, 'config.json'), dockerConfig(registry.host, `reader:not ${password}`));
    const refused = await create(made, { env: { DOCKER_CONFIG: home } });
    assertFailed(refused, 'REGISTRY_DENIED', 1);
    assert.ok(!refused.stderr.includes(password), 'no password in what is said');
    assert.deepEqual(await filesIn(made.out), []);
    await writeFile(join(home, 'config.json'), dockerConfig(registry.host, `reader:${password}`));
    assert.equal((await create(made, { env: { DOCKER_CONFIG: home } })).exitCode, 0);
    assert.equal(await sumsOf(made.out), undisturbed);
  });

  test('a registry that does not answer is named', async () => {
    const made = await newRelease({ registry: '127.0.0.1:1' });
    const failed = assertFailed(await create(made), 'REGISTRY_UNREACHABLE', 1);
    assert.equal(failed.subject, '127.0.0.1:1');
    assert.deepEqual(await filesIn(made.out), []);
  });
});

describe('an interrupted create', { timeout: 300_000 }, () => {
  let images: GatedStore;
  let others: Digest[];
  let gated: Digest;
  let registry: ServedRegistry;

  before(async () => {
    const memory = new MemoryStore();
    const layers = await putSmallImages(memory, '');
    gated = layers.get('team/big') ?? assert.fail();
    others = [...layers.values()].filter((digest) => digest !== gated);
    images = new GatedStore(memory, gated);
    const listen = { host: '127.0.0.1', port: 0 };
    registry = await serveRegistry({ store: images, access: openAccess, log: () => {}, listen });
  });

  after(async () => await registry?.close({ drainMs: 0 }));

  /** Starts a create that stands still when all is written but half of the largest layer. */
  async function startHalf(
    { signal }: TestContext,
    out?: string,
  ): Promise<{ made: MadeRelease; running: Running }> {
    images.close();
    const made = await newRelease({ registry: `127.0.0.1:${registry.port}`, out });
    const running = start(stick.program, commandOf(made), { env: environment() });
    const partial = join(made.out, `${BUNDLE}.partial`);
    await Promise.race([
      written(partial, others, signal),
      running.ended.then(({ stderr }) => assert.fail(stderr)),
    ]);
    return { made, running };
  }

  async function assertGoesOn(made: MadeRelease): Promise<void> {
    images.open();
    images.reads.length = 0;
    const again = await create(made);
    assert.equal(again.exitCode, 0, again.stderr);
    assert.deepEqual(
      images.reads.filter((digest) => digest === gated || others.includes(digest)),
      [gated],
      'only what was missing is asked for',
    );
    assert.equal(await sumsOf(made.out), undisturbed);
    assert.deepEqual(await filesIn(made.out), FILES);
  }

  // They are copied while the bundle is written.
  const isNoProgram = (name: string) => !/^(?:helm|skerry)(?:\.new)?$/.test(name);

  test('Ctrl-C ends it with a word on how to go on, and the next run goes on', async (t) => {
    const { made, running } = await startHalf(t);
    running.kill('SIGINT');
    const failed = assertFailed(await running.ended, 'INTERRUPTED', 130);
    assert.match(failed.remedy, /Run the same command again/);
    const files = await filesIn(made.out);
    assert.deepEqual(files.filter(isNoProgram), [`${BUNDLE}.partial`]);
    assert.deepEqual(
      files.filter((name) => name.endsWith('.new')),
      [],
    );
    await assertGoesOn(made);
  });

  test('after a kill -9 the next run goes on', async (t) => {
    const { made, running } = await startHalf(t);
    running.kill('SIGKILL');
    assert.equal((await running.ended).signal, 'SIGKILL');
    assert.deepEqual((await filesIn(made.out)).filter(isNoProgram), [`${BUNDLE}.partial`]);
    await assertGoesOn(made);
  });

  test('a disk that fills up on the way is reported, and when there is room again it goes on', {
    skip: needsRoot,
  }, async (t) => {
    await using disk = await mountSmallDisk(10_000_000);
    const { made, running } = await startHalf(t, join(disk.folder, 'stick'));
    const filler = join(disk.folder, 'filler');
    await fillDisk(filler);
    images.open();
    assertFailed(await running.ended, 'DISK_FULL', 1);
    await rm(filler);
    await assertGoesOn(made);
  });

  test('Ctrl-C while a chart renders ends helm too', async (t) => {
    const pid = join(home, 'helm.pid');
    const stuck = await script(
      'stuck-helm',
      `case "$1" in template) echo $$ >'${pid}'; exec sleep 600;; esac\nexec '${stick.helm}' "$@"`,
    );
    const made = await newRelease();
    const running = start(stick.program, [...commandOf(made), '--helm', stuck], { env: environment() });
    const helmPid = Number(await textOf(pid, t.signal));
    running.kill('SIGINT');
    assertFailed(await running.ended, 'INTERRUPTED', 130);
    await gone(helmPid, t.signal);
    assert.deepEqual(await filesIn(made.out), []);
  });
});

describe('bad input leaves nothing in the output folder', () => {
  interface Bad {
    readonly what: string;
    readonly code: string;
    readonly exit: number;
    /** Makes the files bad. */
    readonly spoil?: (made: MadeRelease) => Promise<void>;
    /** Makes the command bad. */
    readonly args?: (made: MadeRelease) => Promise<readonly string[]>;
    /** Parts of what must be told, as subject and detail. */
    readonly says?: (made: MadeRelease) => readonly (string | RegExp)[];
  }

  const bad: Bad[] = [
    {
      what: 'a field that does not exist',
      code: 'RELEASE_INVALID',
      exit: 2,
      spoil: ({ release }) => edit(release, 'namespace: small', 'namespase: small'),
      says: ({ release }) => [`${release}:15:`, 'namespase'],
    },
    {
      what: 'a field of the wrong kind',
      code: 'RELEASE_INVALID',
      exit: 2,
      spoil: ({ release }) => edit(release, 'version: 1.2.3', 'version: latest'),
      says: ({ release }) => [`${release}:4:10`],
    },
    {
      what: 'a release that is no YAML',
      code: 'RELEASE_INVALID',
      exit: 2,
      spoil: ({ release }) => edit(release, 'name: small', 'name: [small'),
      says: ({ release }) => [`${release}:`],
    },
    {
      what: 'a release that is not there',
      code: 'RELEASE_NOT_FOUND',
      exit: 2,
      spoil: ({ release }) => rm(release),
      says: ({ release }) => [release],
    },
    {
      what: 'a pack with a wrong field',
      code: 'PACK_INVALID',
      exit: 2,
      spoil: ({ folder }) => edit(join(folder, 'packs/cache/pack.yaml'), 'layer: addon', 'layer: roof'),
      says: ({ folder }) => [`${join(folder, 'packs/cache/pack.yaml')}:5:8`],
    },
    {
      what: 'a chart that does not render',
      code: 'HELM_RENDER_FAILED',
      exit: 2,
      spoil: ({ folder }) =>
        edit(join(folder, WEB), '{{ .Values.image }}', '{{ required "an image is needed" .Values.nothing }}'),
      says: ({ folder }) => [join(folder, 'charts/web'), 'web/templates/web.yaml:19', 'an image is needed'],
    },
    {
      what: 'a chart that is not there',
      code: 'CHART_INVALID',
      exit: 2,
      spoil: ({ release }) => edit(release, 'chart: charts/web', 'chart: charts/none'),
      says: ({ folder }) => [join(folder, 'charts/none')],
    },
    {
      what: 'images that do not exist',
      code: 'IMAGE_NOT_FOUND',
      exit: 2,
      spoil: async ({ folder, release }) => {
        await edit(join(folder, 'charts/web/values.yaml'), 'team/web:1.0', 'team/web:2.0');
        await edit(release, 'team/big:1.0', 'team/big:2.0');
      },
      says: ({ release }) => [
        `${IMAGE_HOST}/team/web:2.0 (component web: Deployment.apps`,
        'spec.template.spec.containers[0].image)',
        `${IMAGE_HOST}/team/big:2.0 (images in ${basename(release)})`,
      ],
    },
    {
      what: 'a source that is not there',
      code: 'STORE_NOT_FOUND',
      exit: 2,
      spoil: ({ release }) => edit(release, 'layout: images', 'layout: no-images'),
      says: ({ folder }) => [join(folder, 'no-images')],
    },
    {
      what: 'a signing key that is not there',
      code: 'KEY_INVALID',
      exit: 2,
      args: async ({ folder }) => ['--key', join(folder, 'no.key')],
      says: ({ folder }) => [join(folder, 'no.key')],
    },
    {
      what: 'a helm that is not Helm 4',
      code: 'HELM_UNSUPPORTED',
      exit: 2,
      args: async () => ['--helm', await script('helm-3', 'echo v3.16.4')],
      says: () => ['v3.16.4'],
    },
    {
      what: 'a helm that is not there',
      code: 'HOST_TOOL_MISSING',
      exit: 2,
      args: async ({ folder }) => ['--helm', join(folder, 'no-helm')],
      says: ({ folder }) => [join(folder, 'no-helm')],
    },
    {
      what: 'a helm of another version than the release wants',
      code: 'HOST_TOOL_MISMATCH',
      exit: 3,
      spoil: async ({ release }) => {
        await writeFile(
          release,
          `${await readFile(release, 'utf8')}hostTools:\n  - name: helm\n    version: 4.0.0\n`,
        );
      },
      says: () => ['4.0.0'],
    },
    {
      what: 'a program for the stick that is not there',
      code: 'PROGRAM_NOT_BUILT',
      exit: 2,
      args: async ({ folder }) => ['--program', join(folder, 'no-program')],
      says: ({ folder }) => [join(folder, 'no-program')],
    },
  ];

  for (const { what, code, exit, spoil, args, says } of bad) {
    test(`${what}: ${code}`, async () => {
      const made = await newRelease();
      await spoil?.(made);
      const more = await args?.(made);
      const { subject, detail, remedy } = assertFailed(await create(made, { args: more }), code, exit);
      for (const part of says?.(made) ?? []) {
        const told = `${subject}\n${detail}`;
        assert.ok(typeof part === 'string' ? told.includes(part) : part.test(told), `${part} in ${told}`);
      }
      assert.match(remedy, /^[A-Z].+\.$/s);
      assert.deepEqual(await filesIn(made.out), []);
    });
  }

  test('a disk without room for the bundle: DISK_FULL', { skip: needsRoot }, async () => {
    await using disk = await mountSmallDisk(2_000_000);
    const made = await newRelease({ out: join(disk.folder, 'stick') });
    assertFailed(await create(made), 'DISK_FULL', 1);
    assert.deepEqual(await filesIn(made.out), []);
  });

  test('a disk with room for the bundle, but not for the programs beside it: DISK_FULL', {
    skip: needsRoot,
  }, async () => {
    await using disk = await mountSmallDisk(10_000_000);
    const made = await newRelease({ out: join(disk.folder, 'stick') });
    assertFailed(await create(made, { args: ['--helm', stick.helm] }), 'DISK_FULL', 1);
    assert.deepEqual(await filesIn(made.out), []);
  });

  test('an output folder that is a file', async () => {
    const made = await newRelease();
    await copyFile(helm, made.out);
    assertFailed(await create(made), 'OUTPUT_UNUSABLE', 2);
    assert.equal((await stat(made.out)).isFile(), true);
  });
});

const WEB = 'charts/web/templates/web.yaml';
const FILES = ['COVER.txt', 'SHA256SUMS', 'helm', 'release.pub', 'skerry', BUNDLE].sort();

/** Temporary files go where they are cleared away, also those of a run that was killed. */
function environment() {
  return { HOME: home, TMPDIR: home };
}

interface MadeRelease {
  readonly folder: string;
  readonly release: string;
  readonly out: string;
}

async function newRelease(
  options: { registry?: string; out?: string | undefined } = {},
): Promise<MadeRelease> {
  const folder = await mkdtemp(join(home, 'release-'));
  const release = await writeSmallRelease(folder);
  if (options.registry !== undefined) await edit(release, 'layout: images', `registry: ${options.registry}`);
  return { folder, release, out: options.out ?? join(folder, 'stick') };
}

function commandOf({ release, out }: MadeRelease): string[] {
  const given = ['--key', stick.keyPath, '--helm', helm, '--program', program];
  return ['bundle', 'create', release, '-o', out, ...given, '--output', 'json'];
}

/** Options given twice count as they were given last. */
async function create(
  made: MadeRelease,
  {
    args = [],
    env = {},
  }: { args?: readonly string[] | undefined; env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  return await run(stick.program, [...commandOf(made), ...args], { env: { ...environment(), ...env } });
}

function assertFailed(ended: Ended, code: string, exit: number) {
  assert.equal(ended.exitCode, exit, ended.stderr);
  const failure = failureOf(ended);
  assert.equal(failure.code, code, ended.stderr);
  assert.equal(ended.stdout, '');
  return failure;
}

async function script(name: string, body: string): Promise<string> {
  const path = join(home, name);
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

async function sumsOf(folder: string): Promise<string> {
  return await readFile(join(folder, 'SHA256SUMS'), 'utf8');
}

/** Ordinary tools must find every file but the list itself as the list says. */
async function checkSums(folder: string): Promise<void> {
  const said = await must('sha256sum', ['--strict', '-c', 'SHA256SUMS'], { cwd: folder });
  const checked = said.split('\n').map((line) => line.replace(/: OK$/, ''));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  assert.deepEqual(checked.sort(), files.filter((name) => name !== 'SHA256SUMS').sort());
}

async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

function dockerConfig(host: string, login: string): string {
  return JSON.stringify({ auths: { [host]: { auth: Buffer.from(login).toString('base64') } } });
}

/** Waits until blobs are in a bundle that is being written: each one's header is written after its bytes. */
async function written(partial: string, digests: readonly Digest[], signal: AbortSignal): Promise<void> {
  const names = digests.map((digest) => `blobs/sha256/${hexOf(digest)}`);
  for (;;) {
    const text = await readFile(partial, 'latin1').catch(() => '');
    if (names.every((name) => text.includes(name))) return;
    await sleep(50, undefined, { signal });
  }
}

async function textOf(path: string, signal: AbortSignal): Promise<string> {
  for (;;) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text.endsWith('\n')) return text;
    await sleep(20, undefined, { signal });
  }
}

async function gone(pid: number, signal: AbortSignal): Promise<void> {
  while ((await stat(`/proc/${pid}`).catch(() => undefined)) !== undefined)
    await sleep(20, undefined, { signal });
}

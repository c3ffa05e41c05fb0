import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { z } from 'zod';
import { parsePublicKey } from '../../bundle/key.ts';
import type { LockedRelease, ReleaseAddress } from '../../bundle/locked-release.ts';
import { openReleaseBundle } from '../../bundle/release-bundle.ts';
import { digestOf } from '../../content/digest.ts';
import { openLayout } from '../../content/layout/layout.ts';
import { parseManifest } from '../../content/manifest.ts';
import { openRemote } from '../../content/remote/store.ts';
import type { Store } from '../../content/store.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { ensureHost } from '../cluster/host.ts';
import { ensureStick, type StickFixture } from '../install/stick.ts';
import { type RegistryProcess, serveRegistryOf } from '../registry/process.ts';
import { failureOf, must, run } from '../registry/skerry-process.ts';
import { assertWhole } from '../registry/whole-content.ts';

const CLIENTS = ['oras', 'crane', 'regctl', 'cosign'] as const;

let stick: StickFixture;
let programs: Record<(typeof CLIENTS)[number], string>;
let home: string;
/** What the signature vouches for. */
let release: LockedRelease;
let address: ReleaseAddress;
/** The bundle as `tar` unpacks it. */
let layout: string;

before(async () => {
  await ensureHost({ install: true, groups: ['tools', 'build'] });
  stick = await ensureStick();
  programs = await ensurePrograms(CLIENTS, { cache: programCache(process.env) });
  home = await mkdtemp(join(tmpdir(), 'skerry-bundle-clients-'));
  const key = parsePublicKey(await readFile(stick.publicKeyPath, 'utf8'), stick.publicKeyPath);
  const bundle = await openReleaseBundle(stick.bundle, key);
  ({ release, address } = bundle);
  await bundle.store.close();
  assert.ok(release.images.length >= 6);
  layout = join(home, 'layout');
  await mkdir(layout);
  await must('tar', ['-xf', stick.bundle, '-C', layout]);
});

after(() => rm(home, { recursive: true, force: true }));

type Image = LockedRelease['images'][number];

/** The environment of clients: their own home, no credentials, temporary files where there is room. */
function environment(more: Readonly<Record<string, string>> = {}) {
  return { env: { HOME: home, TMPDIR: home, DOCKER_CONFIG: home, ...more } };
}

async function client(program: string, ...args: string[]): Promise<string> {
  return await must(program, args, environment());
}

/** Where a test puts copies of the images; gone after it, or all of them together would take gigabytes. */
function folderFor(t: TestContext, name: string): string {
  const folder = join(home, name);
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const nameOf = ({ repository, tag }: Image) => `${repository}:${tag}`;

/** Without the provider of OpenTofu: skopeo can't copy an index that has an artifactType and keep its digest. */
const skopeoImages = () => release.images.filter(({ repository }) => !repository.startsWith('skerry.dev/'));

describe('the bundle as it is', () => {
  test('skopeo lists, inspects and copies every image of the archive', async (t) => {
    const out = folderFor(t, 'by-skopeo');
    for (const image of skopeoImages()) {
      const source = `oci-archive:${stick.bundle}:${nameOf(image)}`;
      const inspected = JSON.parse(await client('skopeo', 'inspect', source));
      assert.equal(inspected.Digest, image.digest, image.reference);
      await client('skopeo', 'copy', '--all', '--preserve-digests', source, `oci:${out}:${nameOf(image)}`);
    }
    await assertHolds(await openLayout(out), skopeoImages());
  });

  test('oras lists, fetches and copies every image of the tar', async (t) => {
    const listed = (await client(programs.oras, 'repo', 'tags', '--oci-layout', stick.bundle)).split('\n');
    const out = folderFor(t, 'by-oras');
    for (const image of release.images) {
      assert.ok(listed.includes(nameOf(image)), image.reference);
      const source = ['--from-oci-layout-path', stick.bundle, nameOf(image)];
      const target = ['--to-oci-layout-path', out, nameOf(image)];
      await client(programs.oras, 'copy', ...source, ...target);
    }
    await assertHolds(await openLayout(out));
  });

  test('oras finds the signature among the tags and the packs by their type', async () => {
    const tag = `${address.repository}:sha256-${address.digest.slice(7)}.sig`;
    const text = await client(programs.oras, 'manifest', 'fetch', '--oci-layout-path', stick.bundle, tag);
    assert.match(text, /dev\.cosignproject\.cosign\/signature/);
    for (const { artifact } of release.packs) {
      const name = `${artifact.repository}:${artifact.tag}`;
      const pack = JSON.parse(
        await client(programs.oras, 'manifest', 'fetch', '--oci-layout-path', stick.bundle, name),
      );
      assert.equal(pack.artifactType, 'application/vnd.skerry.pack.v1+json');
    }
  });

  test('regctl imports every image of the tar by its name', async (t) => {
    const out = folderFor(t, 'imported-by-regctl');
    for (const [index, image] of release.images.entries()) {
      const target = `ocidir://${out}:${index}`;
      await client(programs.regctl, 'image', 'import', '--name', nameOf(image), target, stick.bundle);
      assert.equal(await client(programs.regctl, 'manifest', 'head', target), image.digest, image.reference);
    }
  });
});

describe('the layout that tar unpacks', () => {
  test('skopeo inspects every image', async () => {
    for (const image of release.images) {
      const raw = await client('skopeo', 'inspect', '--raw', `oci:${layout}:${nameOf(image)}`);
      assert.equal(digestOf(raw), image.digest, image.reference);
    }
  });

  test('regctl lists, heads and copies every image', async (t) => {
    const listed = (await client(programs.regctl, 'tag', 'ls', `ocidir://${layout}`)).split('\n');
    const out = folderFor(t, 'by-regctl');
    for (const [index, image] of release.images.entries()) {
      assert.ok(listed.includes(image.tag), image.reference);
      // A tag of ocidir can't hold a slash, so images are named by digest.
      const source = `ocidir://${layout}@${image.digest}`;
      assert.equal(await client(programs.regctl, 'manifest', 'head', source), image.digest);
      await client(programs.regctl, 'image', 'copy', source, `ocidir://${out}:${index}`);
    }
    await assertImages(await openLayout(out));
  });

  test('crane pushes all of it to a registry, where it finds every image', async (t) => {
    const store = folderFor(t, 'crane-store');
    await using registry = await serveRegistryOf(stick.program, ['--store', store]);
    const target = `${registry.host}/crane/all`;
    await client(programs.crane, 'push', '--index', layout, `${target}:1`);
    assert.equal(
      await client(programs.crane, 'digest', `${target}:1`),
      digestOf(await readFile(join(layout, 'index.json'))),
    );
    for (const { digest, reference } of release.images) {
      const image = `${target}@${digest}`;
      assert.equal(await client(programs.crane, 'digest', image), digest, reference);
      assert.match(await client(programs.crane, 'validate', '--remote', image), /^PASS/);
    }
  });
});

describe('the bundle behind skerry registry serve', () => {
  let registry: RegistryProcess;
  before(async () => {
    registry = await serveRegistryOf(stick.program, ['--bundle', stick.bundle]);
  });
  after(async () => await registry?.[Symbol.asyncDispose]());

  test('skopeo pulls every image', async (t) => {
    const out = folderFor(t, 'pulled-by-skopeo');
    for (const image of skopeoImages()) {
      const source = `docker://${registry.host}/${nameOf(image)}`;
      const target = `oci:${out}:${nameOf(image)}`;
      const plain = ['--all', '--preserve-digests', '--src-tls-verify=false'];
      await client('skopeo', 'copy', ...plain, source, target);
    }
    await assertHolds(await openLayout(out), skopeoImages());
  });

  test('oras pulls every image', async (t) => {
    const out = folderFor(t, 'pulled-by-oras');
    for (const image of release.images) {
      const source = ['--from-plain-http', `${registry.host}/${nameOf(image)}`];
      await client(programs.oras, 'copy', ...source, '--to-oci-layout-path', out, nameOf(image));
    }
    await assertHolds(await openLayout(out));
  });

  test('crane pulls every image and finds nothing wrong in it', async (t) => {
    const out = folderFor(t, 'pulled-by-crane');
    for (const image of release.images) {
      const source = `${registry.host}/${nameOf(image)}`;
      assert.equal(await client(programs.crane, 'digest', source), image.digest, image.reference);
      assert.match(await client(programs.crane, 'validate', '--remote', source), /^PASS/);
      await client(programs.crane, 'pull', '--format', 'oci', source, out);
    }
    await assertImages(await openLayout(out));
  });

  test('regctl pulls every image', async (t) => {
    const out = folderFor(t, 'pulled-by-regctl');
    const plain = ['--host', `reg=${registry.host},tls=disabled`];
    for (const [index, image] of release.images.entries()) {
      const source = `${registry.host}/${nameOf(image)}`;
      assert.equal(await client(programs.regctl, ...plain, 'manifest', 'head', source), image.digest);
      await client(programs.regctl, ...plain, 'image', 'copy', source, `ocidir://${out}:${index}`);
    }
    await assertImages(await openLayout(out));
  });

  test('the catalog names every repository of the release', async () => {
    const listed = (await client(programs.crane, 'catalog', registry.host)).split('\n');
    const expected = [
      ...release.images,
      ...release.components.map(({ chart }) => chart),
      ...release.packs.map(({ artifact }) => artifact),
      address,
    ].map(({ repository }) => repository);
    assert.deepEqual(listed.sort(), [...new Set(expected)].sort());
  });

  test('helm pulls every chart, the bytes that the bundle has', async () => {
    for (const { chart } of release.components) {
      const source = ['--plain-http', `oci://${registry.host}/${chart.repository}`, '--version', chart.tag];
      await client(stick.helm, 'pull', ...source, '--destination', home);
      const name = chart.repository.split('/').at(-1);
      const pulled = await readFile(join(home, `${name}-${chart.tag}.tgz`));
      assert.equal(digestOf(pulled), await chartDigest(await openLayout(layout), chart));
      const shown = await client(stick.helm, 'show', 'chart', join(home, `${name}-${chart.tag}.tgz`));
      assert.match(shown, new RegExp(`^name: ${name}$`, 'm'));
    }
  });

  test('nobody pushes to it', async () => {
    const target = `${registry.host}/some/where:1`;
    const [image] = release.images;
    const source = `oci:${layout}:${image === undefined ? '' : nameOf(image)}`;
    const args = ['copy', '--dest-tls-verify=false', source, `docker://${target}`];
    const refused = await run('skopeo', args, environment());
    assert.notEqual(refused.exitCode, 0);
    assert.equal(await openRemote(registry.host).readManifest('some/where', '1'), undefined);
  });
});

describe('skerry copy', () => {
  const copy = async (from: string, to: string, env: Readonly<Record<string, string>> = {}) =>
    await run(stick.program, ['copy', from, to, '--output', 'json'], environment(env));

  test('bundle, registry, layout, registry: every name keeps its digest, and cosign accepts the release', async (t) => {
    await using first = await serveRegistryOf(stick.program, ['--store', folderFor(t, 'first')]);
    await using second = await serveRegistryOf(stick.program, ['--store', folderFor(t, 'second')]);
    const between = folderFor(t, 'between');
    for (const [from, to] of [
      [stick.bundle, `http://${first.host}`],
      [`http://${first.host}`, between],
      [between, `http://${second.host}`],
    ] as const) {
      const { exitCode, stderr } = await copy(from, to);
      assert.equal(exitCode, 0, stderr);
    }
    for (const store of [openRemote(first.host), await openLayout(between), openRemote(second.host)]) {
      await assertHolds(store);
      const manifest = await store.readManifest(address.repository, address.tag);
      assert.equal(manifest?.digest, address.digest);
    }
    for (const { host } of [first, second]) await assertCosigned(host);
    const { stdout } = await copy(stick.bundle, `http://${second.host}`);
    assert.equal(Copied.parse(JSON.parse(stdout)).bytesCopied, 0, 'a second copy has nothing to do');
  });

  async function assertCosigned(host: string): Promise<void> {
    const verify = (key: string) => {
      const image = `${host}/${address.repository}:${address.tag}`;
      const plain = ['--allow-insecure-registry', '--allow-http-registry', '--insecure-ignore-tlog'];
      return run(programs.cosign, ['verify', '--key', key, ...plain, image], environment());
    };
    const accepted = await verify(stick.publicKeyPath);
    assert.equal(accepted.exitCode, 0, accepted.stderr);
    const [statement] = z.array(Statement).parse(JSON.parse(accepted.stdout));
    assert.equal(statement?.critical.image['docker-manifest-digest'], address.digest);
    const other = join(home, `other-${host.replace(':', '-')}.key`);
    await must(stick.program, ['key', 'generate', other]);
    const refused = await verify(other.replace('.key', '.pub'));
    assert.notEqual(refused.exitCode, 0);
    assert.match(refused.stderr, /invalid signature/);
  }

  test('a registry with users takes what comes with the login of a real client', async (t) => {
    const password = 'correct horse: battery';
    const hash = await must(stick.program, ['registry', 'hash-password'], { input: password });
    const users = join(home, 'users.txt');
    await writeFile(users, `writer:${hash}\n`);
    const args = ['--store', folderFor(t, 'guarded'), '--users', users, '--anonymous-pull'];
    await using registry = await serveRegistryOf(stick.program, args);
    const to = `http://${registry.host}`;
    const refused = await copy(stick.bundle, to);
    assert.equal(failureOf(refused).code, 'REGISTRY_DENIED');
    assert.equal(refused.exitCode, 1);
    assert.deepEqual(await openRemote(registry.host).listRepositories(), []);

    // Writes docker's config.json, as docker login would.
    const config = join(home, 'docker');
    const login = ['auth', 'login', '--username', 'writer', '--password-stdin', registry.host];
    await must(programs.crane, login, { ...environment({ DOCKER_CONFIG: config }), input: password });
    const accepted = await copy(stick.bundle, to, { DOCKER_CONFIG: config });
    assert.equal(accepted.exitCode, 0, accepted.stderr);
    await assertHolds(openRemote(registry.host));
  });
});

const Copied = z.object({ bytesCopied: z.number() });
const Statement = z.object({
  critical: z.object({ image: z.object({ 'docker-manifest-digest': z.string() }) }),
});

/** A store must have every image of the release under its name, whole. */
async function assertHolds(store: Store, images: readonly Image[] = release.images): Promise<void> {
  for (const image of images) {
    const manifest = await store.readManifest(image.repository, image.tag);
    assert.equal(manifest?.digest, image.digest, `${image.reference} in ${store.name}`);
  }
  await assertImages(store, images);
}

/** A store must have every image of the release by digest, and every blob must hash to its own. */
async function assertImages(store: Store, images: readonly Image[] = release.images): Promise<void> {
  for (const { repository, digest } of images) await assertWhole(store, repository, digest);
}

async function chartDigest(store: Store, chart: { repository: string; tag: string }) {
  const manifest = await store.readManifest(chart.repository, chart.tag);
  assert.ok(manifest !== undefined);
  return parseManifest(manifest, chart.repository).blobs.find(({ mediaType }) => mediaType.includes('chart'))
    ?.digest;
}

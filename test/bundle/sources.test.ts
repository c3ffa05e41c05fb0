import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { openBundle } from '../../bundle/file/bundle-store.ts';
import { verifyBundle } from '../../bundle/file/verify.ts';
import { cosignTags } from '../../content/companion-tag.ts';
import { copyContent } from '../../content/copy/copy.ts';
import { digestOf } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { openLayout } from '../../content/layout/layout.ts';
import { descriptorOf, manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import { parseReference, repositoryOf } from '../../content/reference.ts';
import { openRemote } from '../../content/remote/store.ts';
import type { Manifest } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { type Oddities, serveOddly } from '../../content/testing/odd-registry.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { ensureHost } from '../cluster/host.ts';
import { command } from '../cluster/processes/command.ts';
import { PROJECT } from '../install/product.ts';
import { serveDistribution } from '../registry/distribution.ts';
import { failureOf, must, run } from '../registry/skerry-process.ts';
import { mountSmallDisk } from '../registry/small-disk.ts';

const NAME = 'docker.io/library/traefik:v3';
const REPOSITORY = 'docker.io/library/traefik';
const SKERRY: [string, ...string[]] = [process.execPath, join(PROJECT, 'skerry.ts')];
const CLIENTS = ['oras', 'crane', 'regctl', 'registry', 'helm'] as const;

let programs: Record<(typeof CLIENTS)[number], string>;
let home: string;
/** A layout of ours that holds an index of two platforms under NAME. */
let ours: string;
let index: Manifest;

before(async () => {
  await ensureHost({ install: true, groups: ['tools', 'build'] });
  programs = await ensurePrograms(CLIENTS, { cache: programCache(process.env) });
  home = await mkdtemp(join(tmpdir(), 'skerry-sources-'));
  ours = join(home, 'ours');
  const store = new MemoryStore();
  index = await putIndex(store);
  await copyContent(store, await openLayout(ours, { create: true }), [
    { repository: REPOSITORY, reference: 'v3' },
  ]);
});

after(() => rm(home, { recursive: true, force: true }));

describe('layouts as programs make them', () => {
  const made: Record<string, (out: string, t: TestContext) => Promise<unknown>> = {
    'skopeo copy oci:FOLDER:NAME': (out) =>
      client('skopeo', 'copy', '--all', '--preserve-digests', `oci:${ours}:${NAME}`, `oci:${out}:${NAME}`),
    'skopeo copy oci:FOLDER:TAG': (out) =>
      client('skopeo', 'copy', '--all', '--preserve-digests', `oci:${ours}:${NAME}`, `oci:${out}:v3`),
    'skopeo copy oci:FOLDER': (out) =>
      client('skopeo', 'copy', '--all', '--preserve-digests', `oci:${ours}:${NAME}`, `oci:${out}`),
    'skopeo copy oci-archive:FILE': (out) =>
      client(
        'skopeo',
        'copy',
        '--all',
        '--preserve-digests',
        `oci:${ours}:${NAME}`,
        `oci-archive:${out}:traefik:v3`,
      ),
    'oras copy --to-oci-layout': (out) =>
      client(programs.oras, 'copy', '--from-oci-layout-path', ours, NAME, '--to-oci-layout', `${out}:v3`),
    'regctl image copy ocidir': (out) =>
      client(programs.regctl, 'image', 'copy', `ocidir://${ours}@${index.digest}`, `ocidir://${out}:v3`),
    'crane pull --format oci': async (out, t) => {
      await using registry = await serveDistribution(programs.registry, folderFor(t, 'distribution'));
      const remote = openRemote(registry.address);
      await copyContent(await openLayout(ours), remote, [{ repository: REPOSITORY, reference: 'v3' }]);
      await remote.close();
      await client(programs.crane, 'pull', '--format', 'oci', `${registry.address}/${REPOSITORY}:v3`, out);
    },
    'docker buildx -o type=oci': (out) =>
      asIs(out, { 'io.containerd.image.name': NAME, 'org.opencontainers.image.ref.name': 'v3' }),
    'docker save, unpacked': (out) =>
      asIs(out, {
        'io.containerd.image.name': 'docker.io/library/traefik:v3',
        'org.opencontainers.image.ref.name': 'v3',
      }),
    'docker save': async (out) => {
      const annotations = { 'io.containerd.image.name': NAME, 'org.opencontainers.image.ref.name': 'v3' };
      await asIs(`${out}-folder`, annotations);
      await writeFile(
        join(`${out}-folder`, 'manifest.json'),
        JSON.stringify([{ Config: 'blobs/sha256/x', RepoTags: ['traefik:v3'], Layers: [] }]),
      );
      await must('tar', ['-cf', out, '-C', `${out}-folder`, '.']);
    },
    'a short name': (out) => asIs(out, { 'org.opencontainers.image.ref.name': 'traefik:v3' }),
    'another name of Docker Hub': (out) =>
      asIs(out, { 'org.opencontainers.image.ref.name': 'index.docker.io/traefik:v3' }),
  };
  for (const [how, make] of Object.entries(made)) {
    test(`${how}: the image is copied by its name`, async (t) => {
      const [out, target] = [folderFor(t, 'made'), folderFor(t, 'target')];
      await make(out, t);
      await must(SKERRY[0], [...SKERRY.slice(1), 'copy', out, target, NAME]);
      const copied = await openLayout(target);
      const [repository = '', ...more] = await copied.listRepositories();
      assert.deepEqual(more, []);
      assert.equal((await copied.readManifest(repository, 'v3'))?.digest, index.digest);
    });
  }

  test('what names nothing is an error, and a docker-archive is reported as such', async (t) => {
    const nameless = folderFor(t, 'nameless');
    await asIs(nameless, {});
    assert.equal((await fails('copy', nameless, join(home, 'nowhere'))).code, 'STORE_EMPTY');
    const empty = folderFor(t, 'empty');
    await openLayout(empty, { create: true });
    assert.equal((await fails('copy', empty, join(home, 'nowhere'))).code, 'STORE_EMPTY');
    const archive = folderFor(t, 'archive');
    const one = await firstChild();
    await client('skopeo', 'copy', `oci:${one}:x`, `docker-archive:${archive}:traefik:v3`);
    assert.equal((await fails('copy', archive, join(home, 'nowhere'))).code, 'LAYOUT_INVALID');
  });
});

describe('skerry copy', () => {
  test('what exists and can’t be read gives an exit code of its own, and the image is there', async (t) => {
    const store = new MemoryStore();
    await putIndex(store);
    const cases: [Oddities, number][] = [
      [{ referrers: 404, tagList: 404, absentTags: 403 }, 0],
      [{ referrers: 'html' }, 0],
      [{ referrers: 500 }, 5],
      [{ blobs: 'chunked' }, 0],
      [{ blobs: 'closed' }, 0],
    ];
    for (const [oddities, exit] of cases) {
      const { address } = await serveOddly(t, store, oddities);
      const target = folderFor(t, 'odd');
      const args = ['copy', `http://${address}`, target, `${REPOSITORY}:v3`, '--output', 'json'];
      const ended = await run(SKERRY[0], [...SKERRY.slice(1), ...args]);
      assert.equal(ended.exitCode, exit, JSON.stringify([oddities, ended.stderr]));
      if (exit !== 0) assert.equal(failureOf(ended).code, 'CONTENT_INCOMPLETE');
      assert.equal((await (await openLayout(target)).readManifest(REPOSITORY, 'v3'))?.digest, index.digest);
      await rm(target, { recursive: true });
    }
  });

  test('one name that fails stops no other, into a folder and into a new bundle', async (t) => {
    const absent = `${REPOSITORY}:absent`;
    for (const target of [folderFor(t, 'partly'), `${folderFor(t, 'partly')}.tar`]) {
      const ended = await run(SKERRY[0], [...SKERRY.slice(1), 'copy', ours, target, absent, NAME]);
      assert.equal(ended.exitCode, 6, ended.stderr);
      assert.match(ended.stderr, /COPY_INCOMPLETE/);
      const bundle = target.endsWith('.tar') ? await openBundle(target) : undefined;
      const store = bundle ?? (await openLayout(target));
      assert.equal((await store.resolveManifest(REPOSITORY, 'v3'))?.digest, index.digest);
      await bundle?.close();
      assert.equal((await fails('copy', ours, target, absent)).code, 'CONTENT_NOT_FOUND');
    }
  });

  test('of an index one platform is copied; a child that is missing is accepted by choice', async (t) => {
    const target = folderFor(t, 'platform');
    await must(SKERRY[0], [...SKERRY.slice(1), 'copy', ours, target, NAME, '--platform', 'linux/arm64']);
    const again = folderFor(t, 'again');
    const error = await fails('copy', target, again, NAME);
    assert.equal(error.code, 'INDEX_INCOMPLETE');
    assert.match(error.detail ?? '', /linux\/amd64/);
    await must(SKERRY[0], [...SKERRY.slice(1), 'copy', target, again, NAME, '--allow-sparse', 'any']);
    await must(SKERRY[0], [...SKERRY.slice(1), 'copy', target, again, NAME, '--platform', 'linux/arm64']);
    assert.equal(
      (await fails('copy', ours, again, NAME, '--platform', 'linux/s390x')).code,
      'PLATFORM_NOT_FOUND',
    );
  });

  test('a full disk is reported with its path, and what had come is kept', async () => {
    await using disk = await mountSmallDisk(3_000_000);
    const store = new MemoryStore();
    const layers = ['a', 'b'].map((letter) => Buffer.alloc(2_000_000, letter));
    const descriptors = layers.map((bytes) =>
      store.putBlob({ mediaType: MediaType.layer, digest: digestOf(bytes), size: bytes.byteLength }, bytes),
    );
    const image = manifestOf(MediaType.manifest, {
      schemaVersion: 2,
      mediaType: MediaType.manifest,
      config: store.putBlob(
        { mediaType: MediaType.config, digest: digestOf('{}'), size: 2 },
        Buffer.from('{}'),
      ),
      layers: descriptors,
    });
    await store.writeManifest(REPOSITORY, 'v1', image);
    const target = await openLayout(join(disk.folder, 'layout'), { create: true });
    const items = [{ repository: REPOSITORY, reference: 'v1' }];
    await assert.rejects(
      copyContent(store, target, items, { width: 1 }),
      (error) => isSkerryError(error, 'DISK_FULL') && error.subject.includes(disk.folder),
    );
    assert.deepEqual(await target.listRepositories(), []);
    await command('mount', ['-o', 'remount,size=10000000', disk.folder]);
    const again = await copyContent(store, await openLayout(join(disk.folder, 'layout')), items);
    assert.ok(again.bytesCopied < 2_000_000, `${again.bytesCopied} bytes came again`);
    await command('mount', ['-o', 'remount,ro', disk.folder]);
    const other = { repository: REPOSITORY, reference: 'v2' };
    await store.writeManifest(REPOSITORY, 'v2', image);
    await assert.rejects(
      copyContent(store, target, [other]),
      (error) => isSkerryError(error, 'STORE_UNUSABLE') && error.subject.includes(disk.folder),
    );
  });

  test('options that can’t be meant are refused', async () => {
    for (const args of [
      ['--parallel', '0'],
      ['--parallel', '-1'],
      ['--parallel', '1e9'],
      ['--parallel', 'many'],
      ['--platform', 'amd64'],
    ]) {
      const { exitCode } = await run(SKERRY[0], [
        ...SKERRY.slice(1),
        'copy',
        ours,
        join(home, 'never'),
        ...args,
      ]);
      assert.equal(exitCode, 2, args.join(' '));
    }
    const file = join(home, 'user');
    await writeFile(file, 'anna');
    for (const option of ['--username-file', '--password-file'])
      assert.equal((await fails('copy', ours, 'http://127.0.0.1:1', NAME, option, file)).code, 'USAGE');
    const both = ['--username-file', file, '--password-file', join(home, 'nothing')];
    assert.equal(
      (await fails('copy', ours, 'http://127.0.0.1:1', NAME, ...both)).code,
      'CREDENTIALS_UNREADABLE',
    );
  });
});

describe('skerry bundle create', () => {
  const FULL = 'io.containerd.image.name';
  const REF = 'org.opencontainers.image.ref.name';

  test('images are taken from layouts however they are named there', async (t) => {
    const cases: [string, string, Record<string, string>][] = [
      [
        'images.example/acme/bx:1.0',
        'images.example',
        { [FULL]: 'images.example/acme/bx:1.0', [REF]: '1.0' },
      ],
      [
        'registry.local:5000/team/app:1.0',
        'registry.local:5000',
        { [REF]: 'registry.local:5000/team/app:1.0' },
      ],
      ['docker.io/traefik:v3', 'docker.io/library/traefik', { [REF]: 'docker.io/traefik:v3' }],
      ['caddy:2', 'docker.io/caddy', { [FULL]: 'docker.io/library/caddy:2', [REF]: '2' }],
      ['acme/x:1', 'docker.io', { [REF]: 'acme/x:1' }],
      ['redis:7', 'docker.io/redis', { [REF]: '7' }],
    ];
    const folder = folderFor(t, 'release');
    const sources = cases.map(async ([, prefix, annotations], at) => {
      await asIs(join(folder, `images-${at}`), annotations);
      return `{prefix: '${prefix}', layout: images-${at}}`;
    });
    const images = cases.map(([image]) => image);
    const { ended, bundle } = await createRelease(folder, images, await Promise.all(sources));
    assert.equal(ended.exitCode, 0, ended.stderr);
    const store = await openBundle(bundle);
    for (const image of images) {
      const found = await store.readManifest(
        repositoryOf(parseReference(image)),
        image.split(':').at(-1) ?? '',
      );
      assert.equal(found?.digest, index.digest, image);
    }
    await store.close();
  });

  test('a missing image says where it was looked for and what is there', async (t) => {
    const folder = folderFor(t, 'release');
    await asIs(join(folder, 'images'), { [REF]: 'images.example/acme/app:1.0' });
    const source = "{prefix: 'images.example', layout: images}";
    const { ended } = await createRelease(folder, ['images.example/acme/app:1.1'], [source]);
    assert.equal(failureOf(ended).code, 'IMAGE_NOT_FOUND');
    const { detail = '' } = failureOf(ended);
    for (const part of [join(folder, 'images'), 'images.example/acme/app:1.0'])
      assert.ok(detail.includes(part));
  });

  test('what belongs to an image and can’t be read is reported, and the bundle is whole but for that', async (t) => {
    const store = new MemoryStore();
    await putIndex(store);
    for (const [oddities, exit] of [
      [{ referrers: 500 }, 5],
      [{ referrers: 404, tagList: 404, absentTags: 403 }, 0],
    ] as const) {
      const { address } = await serveOddly(t, store, oddities);
      const image = `${address}/${REPOSITORY}:v3`;
      const { ended, bundle } = await createRelease(folderFor(t, 'release'), [image]);
      assert.equal(ended.exitCode, exit, ended.stderr);
      assert.equal(JSON.parse(ended.stdout).omissions.length, exit === 0 ? 0 : 1);
      if (exit !== 0) assert.equal(failureOf(ended).code, 'CONTENT_INCOMPLETE');
      const written = await openBundle(bundle);
      await verifyBundle(written);
      await written.close();
    }
  });

  /** Makes a bundle of a release with one Pod of these images. */
  async function createRelease(folder: string, images: string[], sources: string[] = []) {
    await mkdir(join(folder, 'app/templates'), { recursive: true });
    await writeFile(join(folder, 'app/Chart.yaml'), '{apiVersion: v2, name: app, version: 1.0.0}');
    const containers = images.map((image, at) => ({ name: `c${at}`, image }));
    const pod = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers },
    });
    await writeFile(join(folder, 'app/templates/pod.yaml'), pod);
    await writeFile(
      join(folder, 'release.yaml'),
      `apiVersion: skerry.dev/v1
kind: Release
name: demo
version: 1.0.0
kubernetes: '>=1.31 <1.36'
registry: {component: app}
components: [{name: app, chart: app, namespace: app}]
sources: [${sources.join(', ')}]
`,
    );
    // In the place of the program that would go onto the stick.
    await writeFile(join(folder, 'program'), '');
    const args = ['bundle', 'create', join(folder, 'release.yaml'), '-o', join(folder, 'stick')];
    const more = ['--program', join(folder, 'program'), '--helm', programs.helm, '--output', 'json'];
    const ended = await run(SKERRY[0], [...SKERRY.slice(1), ...args, ...more], { env: { HOME: home } });
    return { ended, bundle: join(folder, 'stick/demo-1.0.0.bundle.tar') };
  }
});

describe('another registry as the source', () => {
  test('an image with signatures and referrers goes through CNCF’s registry unchanged', async (t) => {
    const store = new MemoryStore();
    const image = await putIndex(store);
    const child = JSON.parse(Buffer.from(image.bytes).toString()).manifests[0];
    const attached: string[] = [];
    for (const subject of [descriptorOf(image), child]) {
      const signature = await putImage(store, `signature of ${subject.digest}`);
      await store.writeManifest(REPOSITORY, cosignTags(subject.digest)[0] ?? '', signature);
      const sbom = await putImage(store, `sbom of ${subject.digest}`, { subject });
      attached.push(signature.digest, sbom.digest);
    }
    await using registry = await serveDistribution(programs.registry, folderFor(t, 'distribution'));
    const remote = openRemote(registry.address);
    await copyContent(store, remote, [{ repository: REPOSITORY, reference: 'v3' }]);
    const target = new MemoryStore();
    const { omissions } = await copyContent(remote, target, [{ repository: REPOSITORY, reference: 'v3' }]);
    await remote.close();
    assert.deepEqual(omissions, []);
    for (const digest of [image.digest, ...attached])
      assert.ok(await target.readManifest(REPOSITORY, digest), digest);
  });
});

async function client(program: string, ...args: string[]): Promise<string> {
  return await must(program, args, { env: { HOME: home, TMPDIR: home, DOCKER_CONFIG: home } });
}

async function fails(...args: string[]) {
  const ended = await run(SKERRY[0], [...SKERRY.slice(1), ...args, '--output', 'json']);
  assert.notEqual(ended.exitCode, 0, args.join(' '));
  return failureOf(ended);
}

let folders = 0;

function folderFor(t: TestContext, name: string): string {
  const folder = join(home, `${name}-${folders++}`);
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The layout with other annotations in its index: a hand-made copy of what a program writes that can't run here. */
async function asIs(out: string, annotations: Record<string, string>): Promise<void> {
  await cp(ours, out, { recursive: true });
  const manifests = [descriptorOf(index, { annotations })];
  await writeFile(join(out, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
}

/** A layout of one image that is no index, called `x`. */
async function firstChild(): Promise<string> {
  const folder = join(home, 'child');
  await cp(ours, folder, { recursive: true });
  const [child] = JSON.parse(Buffer.from(index.bytes).toString()).manifests;
  const entry = { ...child, annotations: { 'org.opencontainers.image.ref.name': 'x' } };
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
  return folder;
}

async function putIndex(store: MemoryStore): Promise<Manifest> {
  const manifests = [];
  for (const architecture of ['amd64', 'arm64']) {
    const image = await putImage(store, architecture);
    manifests.push({ ...descriptorOf(image), platform: { os: 'linux', architecture } });
  }
  const made = manifestOf(MediaType.index, { schemaVersion: 2, mediaType: MediaType.index, manifests });
  await store.writeManifest(REPOSITORY, 'v3', made);
  return made;
}

async function putImage(store: MemoryStore, label: string, extra: object = {}): Promise<Manifest> {
  const put = (mediaType: string, bytes: Buffer) =>
    store.putBlob({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes);
  const layer = Buffer.alloc(1024);
  layer.write(label);
  const config = {
    architecture: label,
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  };
  const image = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: put(MediaType.config, Buffer.from(JSON.stringify(config))),
    layers: [put(MediaType.layer, layer)],
    ...extra,
  });
  await store.writeManifest(REPOSITORY, image.digest, image);
  return image;
}

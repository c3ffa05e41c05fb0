import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { create } from 'tar';
import { planCopy } from '../content/copy/copy-plan.ts';
import { digestOf } from '../content/digest.ts';
import { isSkerryError } from '../content/error.ts';
import { openLayout } from '../content/layout/layout.ts';
import { descriptorOf, manifestOf } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import { parseReference, tagOrDigest } from '../content/reference.ts';
import type { Manifest } from '../content/store.ts';
import { MemoryStore } from '../content/stores/memory.ts';
import { testFolder } from '../content/testing/folder.ts';
import { serveOddly } from '../content/testing/odd-registry.ts';
import { play } from '../content/testing/script.ts';
import { pinImages } from './pin.ts';
import { parseRelease } from './release.ts';
import { openSources } from './sources.ts';

const CONFIG = { mediaType: MediaType.config, digest: digestOf('{}'), size: 2 };
const IMAGE = manifestOf(MediaType.manifest, { schemaVersion: 2, config: CONFIG, layers: [] });

test('an image comes from the source with the longest prefix, else from its own registry', async (context) => {
  const folder = await testFolder('sources');
  const layout = await openLayout(join(folder, 'layout'), { create: true });
  await layout.writeManifest('registry.example/ours/app', 'v1', IMAGE);
  const answer = { status: 200, send: Buffer.from(IMAGE.bytes), answer: { 'content-type': IMAGE.mediaType } };
  const mirror = await play(context, [{ expect: 'GET /v2/other/app/manifests/v1', ...answer }]);
  const own = await play(context, [{ expect: 'GET /v2/x/app/manifests/v1', ...answer }]);
  const sources = await openSources(
    releaseFile(folder, [
      { prefix: 'registry.example', registry: mirror.host },
      { prefix: 'registry.example/ours/', layout: 'layout' },
    ]),
    new MemoryStore(),
    {},
  );
  for (const text of [
    'registry.example/ours/app:v1',
    'registry.example/other/app:v1',
    `${own.host}/x/app:v1`,
  ]) {
    const repository = sources.add(parseReference(text));
    assert.equal((await sources.readManifest(repository, 'v1'))?.digest, IMAGE.digest, text);
  }
});

test('a prefix ends where a part of a name ends', async () => {
  const folder = await testFolder('sources');
  const layout = await openLayout(join(folder, 'layout'), { create: true });
  await layout.writeManifest('localhost-1/application', 'v1', IMAGE);
  const sources = await openSources(
    releaseFile(folder, [{ prefix: 'localhost:1/app', layout: 'layout' }]),
    new MemoryStore(),
    {},
  );
  const repository = sources.add(parseReference('localhost:1/application:v1'));
  const signal = AbortSignal.abort(new Error('asked the network'));
  await assert.rejects(sources.readManifest(repository, 'v1', { signal }), /asked the network/);
});

test('images are found in layouts however they are named there, and a tag alone only by the whole name', async () => {
  const folder = await testFolder('sources');
  const other = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    config: CONFIG,
    layers: [],
    annotations: {},
  });
  const FULL = 'io.containerd.image.name';
  const REF = 'org.opencontainers.image.ref.name';
  await layoutOf(join(folder, 'many'), [
    [IMAGE, { [FULL]: 'images.example/acme/bx:1.0', [REF]: '1.0' }],
    [IMAGE, { [REF]: 'registry.local:5000/team/app:1.0' }],
    [IMAGE, { [REF]: 'docker.io/traefik:v3' }],
    [IMAGE, { [REF]: 'acme/x:1' }],
    [other, { [REF]: 'v9' }],
  ]);
  await layoutOf(join(folder, 'one'), [
    [IMAGE, { [REF]: 'v1' }],
    [other, { [REF]: 'v2' }],
  ]);
  const sources = await openSources(
    releaseFile(folder, [
      { prefix: 'docker.io', layout: 'many' },
      { prefix: 'images.example', layout: 'many' },
      { prefix: 'registry.local:5000', layout: 'many' },
      { prefix: 'only.example/team/one', layout: 'one' },
      { prefix: 'docker.io/redis', layout: 'one' },
    ]),
    new MemoryStore(),
    {},
  );
  const find = async (text: string) => {
    const reference = parseReference(text);
    return (await sources.readManifest(sources.add(reference), tagOrDigest(reference)))?.digest;
  };
  for (const text of [
    'images.example/acme/bx:1.0',
    'registry.local:5000/team/app:1.0',
    'traefik:v3',
    'docker.io/library/traefik:v3',
    'index.docker.io/traefik:v3',
    'docker.io/acme/x:1',
    'only.example/team/one:v1',
    'redis:v1',
    `only.example/team/one@${IMAGE.digest}`,
  ])
    assert.equal(await find(text), IMAGE.digest, text);
  for (const text of ['acme/y:v9', 'traefik:v9', 'only.example/team/one:v3'])
    assert.equal(await find(text), undefined, text);
  const why = await sources.explain(parseReference('images.example/acme/bx:1.1'));
  assert.match(why, /many.*images\.example\/acme\/bx:1\.1.*images\.example\/acme\/bx:1\.0/);
});

test('an image is found in a layout inside a tar', async (context) => {
  const folder = await testFolder('sources');
  await layoutOf(join(folder, 'layout'), [[IMAGE, { 'org.opencontainers.image.ref.name': 'a.example/x:1' }]]);
  await create({ cwd: join(folder, 'layout'), file: join(folder, 'images.tar') }, ['.']);
  const sources = await openSources(
    releaseFile(folder, [{ prefix: 'a.example', layout: 'images.tar' }]),
    new MemoryStore(),
    {},
  );
  context.after(() => sources.close());
  const repository = sources.add(parseReference('a.example/x:1'));
  assert.equal((await sources.readManifest(repository, '1'))?.digest, IMAGE.digest);
});

test('pinning an image and planning its copy ask for each manifest once', async (context) => {
  const made = new MemoryStore();
  const index = manifestOf(MediaType.index, {
    schemaVersion: 2,
    mediaType: MediaType.index,
    manifests: [descriptorOf(IMAGE)],
  });
  await made.writeManifest('team/app', IMAGE.digest, IMAGE);
  await made.writeManifest('team/app', 'v1', index);
  const { address, requests } = await serveOddly(context, made, { referrers: 404 });
  const sources = await openSources(releaseFile('/nowhere', []), new MemoryStore(), {});
  const reference = `${address}/team/app:v1`;
  const { images } = await pinImages(sources, [{ reference, certainty: 'sure', where: 'here' }]);
  const items = images.map(({ repository, tag, digest }) => ({ repository, reference: tag, digest }));
  await planCopy(sources, items);
  assert.deepEqual(requests.sort(), [
    `GET /v2/team/app/manifests/${IMAGE.digest}`,
    'GET /v2/team/app/manifests/v1',
    `GET /v2/team/app/referrers/${index.digest}`,
    'GET /v2/team/app/tags/list',
  ]);
});

test('of a registry is said which tags it has, or what it answered', async (context) => {
  const made = new MemoryStore();
  await made.writeManifest('team/app', 'v1', IMAGE);
  const asked = parseReference('a.example/team/app:v2');
  for (const [oddities, expected] of [
    [{}, /team\/app:v2.*v1/],
    [{ tagList: 403 }, /403/],
  ] as const) {
    const { address } = await serveOddly(context, made, oddities);
    const file = releaseFile('/nowhere', [{ prefix: 'a.example', registry: address }]);
    assert.match(await (await openSources(file, new MemoryStore(), {})).explain(asked), expected);
  }
});

test('what the release makes is found where it was made, and a layout that is not there is said to be missing', async () => {
  const made = new MemoryStore();
  await made.writeManifest('skerry/charts/x', 'v1', IMAGE);
  const sources = await openSources(releaseFile('/nowhere', []), made, {});
  assert.equal((await sources.readManifest('skerry/charts/x', 'v1'))?.digest, IMAGE.digest);
  await assert.rejects(
    openSources(releaseFile('/nowhere', [{ prefix: 'x', layout: 'layout' }]), made, {}),
    (error) => isSkerryError(error, 'STORE_NOT_FOUND'),
  );
});

/** A layout as other programs leave it: names are in annotations of all kinds. */
async function layoutOf(folder: string, entries: readonly [Manifest, Record<string, string>][]) {
  const layout = await openLayout(folder, { create: true });
  for (const [manifest] of entries) await layout.writeManifest('any', manifest.digest, manifest);
  const manifests = entries.map(([manifest, annotations]) => descriptorOf(manifest, { annotations }));
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
}

function releaseFile(folder: string, sources: object[]) {
  const text = `apiVersion: skerry.dev/v1
kind: Release
name: demo
version: 1.2.3
kubernetes: '>=1.31'
registry: {component: x}
components: [{name: x, chart: x, namespace: x}]
sources: ${JSON.stringify(sources)}
`;
  return { release: parseRelease(text, 'x'), path: 'x', resolve: (path: string) => join(folder, path) };
}

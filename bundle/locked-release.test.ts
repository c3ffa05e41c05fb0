import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../content/digest.ts';
import { isSkerryError } from '../content/error.ts';
import type { LayoutIndex } from '../content/layout/layout-index.ts';
import { LayoutNames } from '../content/layout/layout-names.ts';
import { manifestOf } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import { MemoryStore } from '../content/stores/memory.ts';
import {
  findRelease,
  imageMap,
  type LockedRelease,
  RELEASE_CONFIG_TYPE,
  RELEASE_TYPE,
  readLockedRelease,
  releaseName,
} from './locked-release.ts';
import { putRelease } from './release-artifact.ts';

const RELEASE: LockedRelease = {
  apiVersion: 'skerry.dev/v1',
  kind: 'LockedRelease',
  name: 'demo',
  version: '1.2.3',
  description: '',
  kubernetes: '>=1.31',
  registry: { component: 'registry' },
  components: [],
  packs: [],
  images: [
    {
      reference: 'nginx',
      names: ['docker.io/library/nginx:latest'],
      repository: 'docker.io/library/nginx',
      tag: 'latest',
      digest: digestOf('x'),
      certainty: 'sure',
      places: [],
    },
  ],
  notTaken: [],
  platforms: [],
  apiVersions: [],
  hostTools: [],
  contents: [],
};

test('a release is read back as it was put', async () => {
  const store = new MemoryStore();
  const address = await putRelease(store, RELEASE);
  assert.deepEqual(releaseName('demo', '1.2.3'), { repository: address.repository, tag: address.tag });
  assert.deepEqual(await readLockedRelease(store, address), RELEASE);
  assert.deepEqual(
    [...imageMap(RELEASE, '10.0.0.1:5000')],
    ['nginx', 'docker.io/library/nginx:latest'].map((name) => [
      name,
      `10.0.0.1:5000/docker.io/library/nginx:latest@${digestOf('x')}`,
    ]),
  );
});

test('an index names one release with a full name, or there is none', () => {
  const entry = { mediaType: MediaType.manifest, digest: digestOf('r'), size: 1, artifactType: RELEASE_TYPE };
  const names = new LayoutNames([]);
  names.setTag('skerry/releases/demo', '1.2.3', entry);
  const one = names.index;
  assert.deepEqual(findRelease(one, 'x'), {
    repository: 'skerry/releases/demo',
    tag: '1.2.3',
    digest: entry.digest,
  });
  names.setTag('skerry/releases/demo', '1.2.4', { ...entry, digest: digestOf('s') });
  const two = names.index;
  const wrong: LayoutIndex[] = [
    [],
    [entry],
    two,
    [{ ...entry, annotations: { 'org.opencontainers.image.ref.name': 'v1' } }],
  ];
  for (const index of wrong)
    assert.throws(
      () => findRelease(index, 'x'),
      (error) => isSkerryError(error, 'BUNDLE_NO_RELEASE'),
    );
});

test('what is no release, whatever it is, is told so', async () => {
  const store = new MemoryStore();
  for (const config of [
    '',
    '{',
    'null',
    '[]',
    '{"kind":"LockedRelease"}',
    JSON.stringify({ ...RELEASE, images: [1] }),
  ]) {
    const bytes = Buffer.from(config);
    const address = await put(store, RELEASE_CONFIG_TYPE, bytes);
    await assert.rejects(
      readLockedRelease(store, address),
      (error) => isSkerryError(error, 'BUNDLE_NO_RELEASE'),
      config,
    );
  }
  const image = await put(store, MediaType.config, Buffer.from(JSON.stringify(RELEASE)));
  await assert.rejects(readLockedRelease(store, image), (error) => isSkerryError(error, 'BUNDLE_NO_RELEASE'));
  const absent = { ...image, digest: digestOf('absent') };
  await assert.rejects(readLockedRelease(store, absent), (error) =>
    isSkerryError(error, 'BUNDLE_NO_RELEASE'),
  );
});

async function put(store: MemoryStore, mediaType: string, bytes: Buffer) {
  const config = store.putBlob({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes);
  const manifest = manifestOf(MediaType.manifest, { schemaVersion: 2, config, layers: [] });
  await store.writeManifest('x', 'v1', manifest);
  return { repository: 'x', tag: 'v1', digest: manifest.digest };
}

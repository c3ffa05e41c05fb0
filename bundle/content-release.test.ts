import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHelm } from '../apply/helm/helm.ts';
import { writeBytes } from '../content/bytes/write-bytes.ts';
import { copyContent } from '../content/copy/copy.ts';
import { type Digest, digestOf } from '../content/digest.ts';
import { type LayoutStore, openLayout } from '../content/layout/layout.ts';
import { manifestOf, parseManifest } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import { MemoryStore } from '../content/stores/memory.ts';
import { testFolder } from '../content/testing/folder.ts';
import { createBundle } from './create.ts';
import { openReleaseBundle } from './release-bundle.ts';
import { newKey } from './testing/signed-bundle.ts';

const TEMPLATE = 'machines.example/debian-12';
const TEMPLATE_TYPE = 'application/vnd.example.machine-template';

test('images and node templates travel by themselves, each by its digest, and need no helm', async () => {
  const folder = await testFolder('content-release');
  const layout = await openLayout(join(folder, 'built'), { create: true });
  const disk = 'a disk of some gigabytes';
  const template = await putTemplate(layout, 'v1.34.4', disk);
  // oras names what it writes into a layout by its tag alone.
  const index = join(folder, 'built/index.json');
  const named = await readFile(index, 'utf8');
  assert.ok(named.includes(`"${TEMPLATE}:v1.34.4"`));
  await writeFile(index, named.replace(`"${TEMPLATE}:v1.34.4"`, '"v1.34.4"'));
  await writeFile(
    join(folder, 'release.yaml'),
    `apiVersion: skerry.dev/v1
kind: Release
name: nodes
version: 1.34.4
kubernetes: ~1.34
platforms: [linux/amd64]
sources: [{prefix: ${TEMPLATE}, layout: built}]
images: ['${TEMPLATE}:v1.34.4']
`,
  );
  const key = newKey();
  const made = await createBundle(join(folder, 'release.yaml'), folder, {
    helm: createHelm({ program: 'helm is not run', home: folder, environment: {} }),
    scratch: await testFolder('scratch'),
    key,
    hostTools: async () => [],
  });
  const { store, release } = await openReleaseBundle(made.path, key.publicKey);
  assert.deepEqual([release.registry, release.components], [undefined, []]);
  assert.deepEqual(
    release.images.map(({ reference, digest }) => [reference, digest]),
    [[`${TEMPLATE}:v1.34.4`, template]],
  );
  const registry = new MemoryStore('the registry of the island');
  await copyContent(store, registry, [{ repository: TEMPLATE, reference: 'v1.34.4' }]);
  await store.close();
  const manifest = await registry.readManifest(TEMPLATE, template);
  assert.ok(manifest);
  const { artifactType, blobs } = parseManifest(manifest, TEMPLATE);
  assert.equal(artifactType, TEMPLATE_TYPE);
  assert.ok(blobs.some(({ digest }) => digest === digestOf(disk)));
});

/** As `oras push --oci-layout` writes a file. */
async function putTemplate(layout: LayoutStore, tag: string, disk: string): Promise<Digest> {
  const put = async (mediaType: string, text: string) =>
    await writeBytes(layout, TEMPLATE, mediaType, Buffer.from(text));
  const title = { 'org.opencontainers.image.title': 'debian-12.ova' };
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    artifactType: TEMPLATE_TYPE,
    config: await put(MediaType.empty, '{}'),
    layers: [{ ...(await put('application/octet-stream', disk)), annotations: title }],
  });
  await layout.writeManifest(TEMPLATE, tag, manifest);
  return manifest.digest;
}

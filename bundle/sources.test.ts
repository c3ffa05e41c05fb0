import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestOf } from '../content/digest.ts';
import { isSkerryError } from '../content/error.ts';
import { openLayout } from '../content/layout.ts';
import { manifestOf } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import { MemoryStore } from '../content/memory.ts';
import { parseReference } from '../content/reference.ts';
import { play } from '../content/remote/test-script.ts';
import { testFolder } from '../content/test-folder.ts';
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

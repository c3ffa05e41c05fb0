import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { LockedRelease } from '../../bundle/locked-release.ts';
import { putRelease } from '../../bundle/release-artifact.ts';
import { copyContent } from '../../content/copy/copy.ts';
import { digestOf } from '../../content/digest.ts';
import { namedEntry } from '../../content/layout/layout-index.ts';
import { manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import { PACK_CONFIG_TYPE, PACK_TYPE } from '../../content/pack-format.ts';
import type { Manifest } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { formatTaggedName } from '../../installer/copy/untag.ts';
import { readRetired } from '../../installer/upgrade/retire/read-retired.ts';
import { type ServedStore, SKERRY, serveStore } from './clients/served-store.ts';
import { failureOf, must, run } from './skerry-process.ts';

const signal = new AbortController().signal;
let folder: string;
let registry: ServedStore;
const vendor = new MemoryStore('vendor');

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skerry-retired-'));
  registry = await serveStore(folder);
  for (const version of ['1.0.0', '1.1.0', '1.2.0', '1.3.0']) await bring(version);
  for (const tag of ['first', 'second']) await bringArtifact('skerry/checkpoints', tag, tag);
  // What 1.0.0 meant by a name that 1.1.0 has for something else.
  await bringArtifact('team/hub', 'kept-0123456789ab', 'a hub of before');
});
after(async () => {
  await registry?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function put(repository: string, tag: string, text: string): Manifest {
  const blob = (mediaType: string, bytes: Buffer) =>
    vendor.putBlob({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes);
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: blob('application/vnd.example.config', Buffer.from(`{"of":"${text}"}`)),
    layers: [blob('application/vnd.example.layer', Buffer.from(`${text} ${'x'.repeat(50_000)}`))],
  });
  void vendor.writeManifest(repository, tag, manifest);
  return manifest;
}

async function bringArtifact(repository: string, tag: string, text: string): Promise<void> {
  put(repository, tag, text);
  await copyContent(vendor, registry.store, [{ repository, reference: tag }]);
}

/** A pack that names one image, which no component has. */
function putPack(version: string, image: Manifest): Manifest {
  const config = Buffer.from(JSON.stringify({ images: [{ reference: 'team/agent', digest: image.digest }] }));
  const descriptor = { mediaType: PACK_CONFIG_TYPE, digest: digestOf(config), size: config.byteLength };
  const pack = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    artifactType: PACK_TYPE,
    config: vendor.putBlob(descriptor, config),
    layers: [],
  });
  void vendor.writeManifest('skerry/packs/agent', version, pack);
  return pack;
}

/** A release with a hub of its own, a cache that is the same in all, and an agent in a pack. */
async function bring(version: string): Promise<void> {
  const hub = put('team/hub', version, `hub ${version}`);
  const cache = put('team/cache', '7', 'cache');
  const agent = put('team/agent', version, `agent ${version}`);
  const pack = putPack(version, agent);
  const artifact = { repository: 'skerry/packs/agent', tag: version, digest: pack.digest };
  const names: [string, string, Manifest][] = [
    ['team/hub', version, hub],
    ['team/cache', '7', cache],
    ['team/agent', version, agent],
    [artifact.repository, version, pack],
  ];
  const release: LockedRelease = {
    ...{ apiVersion: 'skerry.dev/v1', kind: 'LockedRelease', name: 'demo', version, description: '' },
    ...{ kubernetes: '*', registry: { component: 'registry' }, components: [], images: [] },
    packs: [{ name: 'agent', version, artifact }],
    ...{ notTaken: [], platforms: [], apiVersions: [], hostTools: [] },
    contents: names.map(([repository, tag, { digest, mediaType, bytes }]) =>
      namedEntry(repository, tag, { mediaType, digest, size: bytes.byteLength }),
    ),
  };
  const address = await putRelease(vendor, release);
  const items = names.map(([repository, reference]) => ({ repository, reference }));
  await copyContent(vendor, registry.store, [
    ...items,
    { repository: address.repository, reference: address.tag },
  ]);
}

async function tags(repository: string): Promise<string[]> {
  return await registry.store.listTags(repository);
}

async function skerry(...args: string[]): Promise<string> {
  const [node, program] = SKERRY;
  return await must(node, [program, ...args]);
}

test('after an upgrade names of older releases go, their content is freed, and the way back stays whole', async () => {
  const wanted = { product: 'demo', previous: '1.2.0', checkpoint: 'second' };
  const { versions, names } = await readRetired(registry.store, wanted, signal);
  assert.deepEqual(versions, ['1.0.0', '1.1.0']);
  const texts = names.map(({ repository, tag }) => `${repository}:${tag}`);
  assert.deepEqual(texts.toSorted(), [
    'skerry/checkpoints:first',
    'skerry/releases/demo:1.0.0',
    'skerry/releases/demo:1.1.0',
    'team/hub:1.0.0',
    'team/hub:1.1.0',
    'team/hub:kept-0123456789ab',
  ]);
  assert.ok(
    texts.slice(-2).every((text) => text.startsWith('skerry/releases/')),
    'they go last',
  );

  const url = `http://${registry.host}`;
  const out = await skerry('registry', 'untag', url, ...names.map(formatTaggedName), '--output', 'json');
  assert.equal(JSON.parse(out).removed.length, names.length);
  assert.deepEqual(await tags('team/hub'), ['1.2.0', '1.3.0']);
  assert.deepEqual(await tags('team/agent'), ['1.0.0', '1.1.0', '1.2.0', '1.3.0']);
  assert.deepEqual(await tags('skerry/checkpoints'), ['second']);

  const gc = JSON.parse(
    await skerry(
      ...['registry', 'gc', '--store', join(folder, 'store'), '--keep-untagged', '0', '--output', 'json'],
    ),
  );
  assert.ok(gc.done.bytes > 4 * 50_000, `${gc.done.bytes} bytes freed`);
  for (const version of ['1.2.0', '1.3.0'])
    for (const repository of ['team/hub', 'team/agent', 'skerry/releases/demo', 'skerry/packs/agent'])
      assert.ok(await registry.store.readManifest(repository, version), `${repository}:${version}`);
  const again = await readRetired(registry.store, wanted, signal);
  assert.deepEqual(again, { versions: [], names: [] });
});

test('a name that has come to mean something else stays, and nothing goes without its digest', async () => {
  const url = `http://${registry.host}`;
  const other = `team/hub:1.2.0@${digestOf('something else')}`;
  const out = JSON.parse(
    await skerry('registry', 'untag', url, other, `team/none:1@${digestOf('x')}`, '--output', 'json'),
  );
  assert.deepEqual(out, { removed: [], absent: ['team/none:1'], others: ['team/hub:1.2.0'] });
  const [node, program] = SKERRY;
  const refused = await run(node, [
    program,
    ...['registry', 'untag', url, 'team/hub:1.2.0', '--output', 'json'],
  ]);
  assert.equal(failureOf(refused).code, 'REFERENCE_INVALID');
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { digestOf } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import { DEFAULT_RETRY } from '../../content/remote/retry.ts';
import type { Store } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { ProxiedRegistry } from '../testing/proxied-registry.ts';
import { openClusterRegistry } from './cluster-registry.ts';

const retry = { ...DEFAULT_RETRY, tries: 3, firstPauseMs: 1, maxPauseMs: 2 };
const bytes = randomBytes(300_000);
const digest = digestOf(bytes);
const mediaType = 'application/octet-stream';

const content = new MemoryStore();
const config = content.putBlob({ mediaType, digest, size: bytes.byteLength }, bytes);
const manifest = manifestOf(MediaType.manifest, {
  schemaVersion: 2,
  mediaType: MediaType.manifest,
  config,
  layers: [],
});
const referrer = manifestOf(MediaType.manifest, {
  schemaVersion: 2,
  mediaType: MediaType.manifest,
  artifactType: 'application/vnd.example',
  config,
  layers: [],
  subject: { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.byteLength },
});
await content.writeManifest('team/app', 'v1', manifest);
await content.writeManifest('team/app', 'note', referrer);

async function withRegistry(run: (store: Store, proxied: ProxiedRegistry) => Promise<void>): Promise<void> {
  const proxied = await ProxiedRegistry.start(content);
  try {
    await run(openClusterRegistry(proxied.client(), { retry }), proxied);
  } finally {
    await proxied.close();
  }
}

async function read(store: Store, options: object = {}): Promise<Buffer | undefined> {
  const reader = await store.readBlob('team/app', digest, options);
  return reader && Buffer.concat(await Array.fromAsync(reader.stream));
}

describe("the cluster's registry", () => {
  test('is read through the API server', () =>
    withRegistry(async (store, { calls }) => {
      assert.equal(await store.statBlob('team/app', digest), bytes.byteLength);
      assert.deepEqual(await read(store), bytes);
      assert.deepEqual(await read(store, { offset: 1000, length: 500 }), bytes.subarray(1000, 1500));
      assert.equal((await store.resolveManifest('team/app', 'v1'))?.digest, manifest.digest);
      assert.deepEqual((await store.readManifest('team/app', manifest.digest))?.bytes, manifest.bytes);
      assert.deepEqual(await store.listTags('team/app'), ['note', 'v1']);
      assert.deepEqual(await store.listRepositories(), ['team/app']);
      const referrers = await store.listReferrers('team/app', manifest.digest);
      assert.deepEqual(
        referrers.map((one) => one.digest),
        [referrer.digest],
      );
      assert.equal(await store.statBlob('team/app', digestOf('other')), undefined);
      assert.equal(await store.readManifest('team/app', 'v2'), undefined);
      assert.ok(calls.includes(`HEAD /v2/team/app/blobs/${digest}`));
    }));

  test('goes on where a connection broke', () =>
    withRegistry(async (store, proxied) => {
      proxied.cutAfter = 100_000;
      assert.deepEqual(await read(store), bytes);
      assert.equal(proxied.calls.length, 2);
    }));

  test('that is not there is not taken for one that lacks something', () =>
    withRegistry(async (store, proxied) => {
      const message = 'services "skerry-registry-store" not found';
      proxied.refusal = { status: 404, reason: 'NotFound', message };
      const isUnreachable = (error: unknown) => isSkerryError(error, 'REGISTRY_UNREACHABLE');
      await assert.rejects(read(store), isUnreachable);
      await assert.rejects(store.statBlob('team/app', digest), isUnreachable);
      await assert.rejects(store.readManifest('team/app', 'v1'), isUnreachable);
      proxied.refusal = { status: 503, reason: 'ServiceUnavailable', message: 'no endpoints available' };
      await assert.rejects(read(store), isUnreachable);
    }));

  test('that the user may not ask says so', () =>
    withRegistry(async (store, proxied) => {
      const message = 'services is forbidden: User "u" cannot get resource "services/proxy" in API group ""';
      proxied.refusal = { status: 403, reason: 'Forbidden', message };
      await assert.rejects(read(store), (error) => isSkerryError(error, 'CLUSTER_FORBIDDEN'));
    }));
});

import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { Agent, request } from 'undici';
import { writeBytes } from '../../../content/bytes/write-bytes.ts';
import { descriptorOf, manifestOf } from '../../../content/manifest.ts';
import { MediaType } from '../../../content/media-type.ts';
import { tagOf } from '../../../content/pack-format.ts';
import {
  PROVIDER_ARCHIVE_TYPE,
  PROVIDER_TARGET_TYPE,
  PROVIDER_TYPE,
} from '../../../content/provider-format.ts';
import { MemoryStore } from '../../../content/stores/memory.ts';
import { RateLimit } from '../http/rate-limit.ts';
import { type ScriptedHub, startScriptedHub } from '../testing/scripted-hub.ts';
import { serveProviders } from './provider-mirror.ts';

const REPOSITORY = 'skerry.dev/skerry/skerry';
const ARCHIVE = `/terraform/providers/${REPOSITORY}/terraform-provider-skerry_1.0.0_linux_amd64.zip`;
/** So many are sent at once. */
const PLACES = 8;

/** Has blobs ready only once it may. */
class SlowStore extends MemoryStore {
  gate = Promise.withResolvers<void>();

  override async readBlob(...args: Parameters<MemoryStore['readBlob']>) {
    await this.gate.promise;
    return await super.readBlob(...args);
  }
}

const store = new SlowStore();
const agent = new Agent({ connect: { rejectUnauthorized: false } });
let hub: ScriptedHub;
let url: string;

before(async () => {
  const archive = await writeBytes(store, REPOSITORY, PROVIDER_ARCHIVE_TYPE, Buffer.from('a program'));
  const target = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    artifactType: PROVIDER_TARGET_TYPE,
    config: await writeBytes(store, REPOSITORY, MediaType.empty, Buffer.from('{}')),
    layers: [archive],
  });
  await store.writeManifest(REPOSITORY, target.digest, target);
  const index = manifestOf(MediaType.index, {
    schemaVersion: 2,
    mediaType: MediaType.index,
    artifactType: PROVIDER_TYPE,
    manifests: [descriptorOf(target, { platform: { os: 'linux', architecture: 'amd64' } })],
  });
  await store.writeManifest(REPOSITORY, tagOf('1.0.0'), index);
  const now = () => performance.now();
  const limit = new RateLimit({ perSecond: 1000, burst: 1000, max: 10, now });
  const { signal } = new AbortController();
  hub = await startScriptedHub({
    permits: () => false,
    serve: (server) => serveProviders(server, { store, limit, now, signal }),
  });
  await hub.server.listen({ host: 'localhost', port: 0 });
  const address: AddressInfo | string | null = hub.server.server.address();
  url = `https://localhost:${typeof address === 'object' ? address?.port : ''}`;
});
after(async () => {
  await agent.destroy();
  await hub.close();
});

async function statusOf(signal: AbortSignal | null = null): Promise<number> {
  const { statusCode, body } = await request(url + ARCHIVE, { dispatcher: agent, signal });
  await body.dump();
  return statusCode;
}

test('however many ask at once, no more are sent than there are places, and a place comes back', async () => {
  const gone = new AbortController();
  const leaving = statusOf(gone.signal);
  const staying = Array.from({ length: PLACES + 3 }, async () => await statusOf());
  // Those without a place are answered while the others wait.
  const refused = await firstOf(staying, 4);
  assert.deepEqual(refused, [503, 503, 503, 503]);
  gone.abort();
  await assert.rejects(leaving);
  store.gate.resolve();
  const statuses = await Promise.all(staying);
  assert.equal(statuses.filter((status) => status === 200).length, PLACES - 1);
  assert.deepEqual(await Promise.all(Array.from({ length: PLACES }, async () => await statusOf())), [
    ...Array.from({ length: PLACES }, () => 200),
  ]);
});

/** The first so many answers, in the order in which they come. */
async function firstOf(answers: readonly Promise<number>[], count: number): Promise<number[]> {
  const found: number[] = [];
  const enough = Promise.withResolvers<void>();
  for (const answer of answers)
    void answer.then((status) => {
      found.push(status);
      if (found.length === count) enough.resolve();
    });
  await enough.promise;
  return found.slice(0, count);
}

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { copyItems } from '../copy/copy-items.ts';
import { digestOf } from '../digest.ts';
import { manifestOf } from '../manifest.ts';
import { MediaType } from '../media-type.ts';
import { MemoryStore } from '../stores/memory.ts';
import { LIAR, type Oddities, serveOddly } from '../testing/odd-registry.ts';
import { QUICK } from '../testing/script.ts';
import { openRemote } from './store.ts';

/** Waits that a registry asks for take no time here; those of our own are short. */
const PATIENT = { ...QUICK, maxAskedMs: 60_000, sleep: async () => {} };
const ALWAYS = 1_000_000;
const HONEST = 'team/app';

const CASES: readonly [string, Oddities, Record<string, string>][] = [
  ['a registry without habits', {}, both('done')],
  ['429 with Retry-After', { busy: { times: 2, status: 429, retryAfter: '20' } }, both('done')],
  ['503 with Retry-After', { busy: { times: 1, status: 503, retryAfter: '1' } }, both('done')],
  [
    '429 for longer than is ever waited',
    { busy: { times: ALWAYS, status: 429, retryAfter: '3600' } },
    both('REGISTRY_RATE_LIMITED'),
  ],
  ['500 for everything', { all: 500 }, both('REGISTRY_ERROR')],
  ['403 for everything', { all: 403 }, both('REGISTRY_DENIED')],
  ['blobs that are cut off and come again', { cuts: { times: 2, how: 'closed' } }, both('done')],
  ['blobs that are always cut off', { cuts: { times: ALWAYS, how: 'closed' } }, both('REGISTRY_UNREACHABLE')],
  ['a connection that stalls', { cuts: { times: 1, how: 'stalled' } }, both('done')],
  [
    'connections that always stall',
    { cuts: { times: ALWAYS, how: 'stalled' } },
    both('REGISTRY_UNREACHABLE'),
  ],
  ['blobs elsewhere, where a login is refused', { redirects: true, tokenRequests: ALWAYS }, both('done')],
  ['tokens that end on the way', { tokenRequests: 3 }, both('done')],
  ['HEAD with another digest', { lies: 'digest of HEAD' }, both('done')],
  [
    'a manifest that is not what it is called',
    { lies: 'manifest' },
    { [HONEST]: 'done', [LIAR]: 'DIGEST_MISMATCH' },
  ],
  ['a blob that is not what it is called', { lies: 'blob' }, { [HONEST]: 'done', [LIAR]: 'DIGEST_MISMATCH' }],
  ['blobs in chunks', { blobs: 'chunked' }, both('done')],
  ['blobs until the connection is closed', { blobs: 'closed' }, both('done')],
];

for (const [title, oddities, expected] of CASES) {
  test(`through copyItems: ${title}`, async (context) => {
    const { outcomes, tagged } = await copyThrough(context, oddities);
    assert.deepEqual(outcomes, expected);
    const whole = Object.keys(expected).filter((repository) => expected[repository] === 'done');
    assert.deepEqual(tagged, whole.sort(), 'what failed has no name at the target');
  });
}

function both(outcome: string): Record<string, string> {
  return { [HONEST]: outcome, [LIAR]: outcome };
}

async function copyThrough(context: TestContext, oddities: Oddities) {
  const source = new MemoryStore();
  for (const repository of [HONEST, LIAR]) {
    const layer = Buffer.alloc(50_000, repository);
    const image = manifestOf(MediaType.manifest, {
      schemaVersion: 2,
      mediaType: MediaType.manifest,
      config: put(source, MediaType.config, Buffer.from(JSON.stringify({ of: repository }))),
      layers: [put(source, MediaType.layer, layer)],
    });
    await source.writeManifest(repository, 'v1', image);
  }
  const { address } = await serveOddly(context, source, oddities);
  const remote = openRemote(address, { retry: PATIENT, limits: { idleMs: 500 } });
  const target = new MemoryStore('target');
  const items = [HONEST, LIAR].map((repository) => ({ repository, reference: 'v1' }));
  const outcomes: Record<string, string> = {};
  for await (const { item, outcome, error } of copyItems(remote, target, items))
    outcomes[item.repository] = error?.code ?? outcome;
  await remote.close();
  return { outcomes, tagged: await target.listRepositories() };
}

function put(store: MemoryStore, mediaType: string, bytes: Buffer) {
  return store.putBlob({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes);
}

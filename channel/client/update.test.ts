import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import {
  formatMetadata,
  metaFileOf,
  parseRoot,
  parseSnapshot,
  parseTargets,
  parseTimestamp,
} from '../metadata/metadata-file.ts';
import { signMetadata } from '../metadata/signer.ts';
import { NOW, type TestChannel, testChannel } from '../testing/channel.ts';
import { release } from '../testing/release.ts';
import { testSigner } from '../testing/signer.ts';
import { changeKeys, editReleases } from '../vendor/channel-workshop.ts';
import { draftProduct, draftSnapshot, draftTimestamp } from '../vendor/draft.ts';
import { promoteRelease, withdrawRelease } from '../vendor/edit-releases.ts';
import { LIFETIMES } from '../vendor/lifetimes.ts';
import { folderSource } from './folder-source.ts';
import type { ChannelSource } from './source.ts';
import { type TrustedState, TrustedStateSchema } from './trusted-state.ts';
import { updateChannel } from './update.ts';

const YEAR = 365 * 24 * 60 * 60 * 1000;
const coded = (code: string) => (error: unknown) => isSkerryError(error, code);
const update = (
  channel: TestChannel,
  state: TrustedState,
  source: ChannelSource = channel.source,
  clock = NOW,
) => updateChannel(source, state, { clock });
const far = { version: 2, expires: NOW + YEAR };

/** A source with some files replaced, or away. */
function changed(source: ChannelSource, files: Record<string, Uint8Array | undefined>): ChannelSource {
  return {
    name: 'changed',
    read: async (file, limit, signal) =>
      file in files ? files[file] : await source.read(file, limit, signal),
  };
}

async function copyOf(channel: TestChannel): Promise<ChannelSource> {
  const folder = await testFolder('channel-copy');
  await cp(channel.workshop.published, folder, { recursive: true });
  return folderSource(folder);
}

describe('a channel', () => {
  test('says which releases there are, and what each must hash to', async () => {
    const releases = [release('1.0.0'), release('1.1.0', { track: 'candidate', stop: true })];
    const channel = await testChannel(...releases);
    const found = await update(channel, await channel.firstState());
    assert.deepEqual(found.releases, releases);
    assert.deepEqual(found.products, ['skerry']);
    assert.equal(found.freshness.state, 'fresh');
    assert.deepEqual(TrustedStateSchema.parse(found.state), found.state);
  });

  test('that was changed is seen by who saw it before', async () => {
    const channel = await testChannel(release('1.0.0'), release('1.1.0', { track: 'candidate' }));
    const { state } = await update(channel, await channel.firstState());
    const edit = { skerry: LIFETIMES };
    await editReleases(
      channel.workshop,
      'skerry',
      (all) => promoteRelease(all, 'skerry', '1.1.0'),
      NOW,
      edit.skerry,
    );
    await editReleases(
      channel.workshop,
      'skerry',
      (all) => withdrawRelease(all, 'skerry', '1.0.0', 'loses data'),
      NOW,
      edit.skerry,
    );
    await channel.publish();
    const { releases } = await update(channel, state);
    assert.deepEqual(
      releases.map(({ version, track, withdrawn }) => [version, track, withdrawn]),
      [
        ['1.0.0', 'stable', 'loses data'],
        ['1.1.0', 'stable', undefined],
      ],
    );
  });

  test('is found through three changes of keys that a site has missed', async () => {
    const channel = await testChannel(release('1.0.0'));
    const state = await channel.firstState();
    for (const _ of [1, 2, 3]) {
      const roots = [testSigner(), testSigner()];
      const before = channel.signers.roots;
      await changeKeys(channel.workshop, channel.keys(roots), NOW, LIFETIMES);
      await channel.sign(before);
      channel.signers.roots = roots;
      await channel.publish();
    }
    const found = await update(channel, state);
    assert.equal(found.root, 4);
    assert.equal(found.state.root, await channel.read('4.root.json'));
    assert.equal(found.releases.length, 1);
  });
});

// The attacks of the TUF specification, section 1.5.2.
describe('an attack on a channel', () => {
  test('arbitrary software: a release by somebody else’s key is refused', async () => {
    const channel = await testChannel(release('1.0.0'));
    const metadata = draftProduct({ version: 2, expires: NOW + YEAR }, [release('6.6.6')]);
    signMetadata(metadata, testSigner());
    const source = await resigned(channel, { 'skerry.json': ['2.skerry.json', formatMetadata(metadata)] });
    await assert.rejects(
      update(channel, await channel.firstState(), source),
      coded('CHANNEL_THRESHOLD_MISSED'),
    );
  });

  test('rollback: an older timestamp, snapshot or role than was seen is refused', async () => {
    const channel = await testChannel(release('1.0.0'));
    const old = await copyOf(channel);
    await channel.add(release('1.1.0'));
    await channel.publish();
    const { state } = await update(channel, await channel.firstState());
    await assert.rejects(update(channel, state, old), coded('CHANNEL_ROLLED_BACK'));
    await assert.rejects(update(channel, { ...state, timestamp: 0 }, old), coded('CHANNEL_ROLLED_BACK'));
    await assert.rejects(
      update(channel, { ...state, timestamp: 0, snapshot: 0 }, old),
      coded('CHANNEL_ROLLED_BACK'),
    );
  });

  test('rollback: a role that is gone is refused', async () => {
    const channel = await testChannel(release('1.0.0'));
    const { state } = await update(channel, await channel.firstState());
    const gone = { ...state, roles: { ...state.roles, other: 3 } };
    await assert.rejects(update(channel, gone), coded('CHANNEL_ROLLED_BACK'));
  });

  test('rollback: a root with another number than its name is refused', async () => {
    const channel = await testChannel(release('1.0.0'));
    const source = changed(channel.source, { '2.root.json': Buffer.from(await channel.read('1.root.json')) });
    await assert.rejects(update(channel, await channel.firstState(), source), coded('CHANNEL_ROLLED_BACK'));
  });

  test('freeze: metadata that has expired is named with its age, whatever the clock does', async () => {
    const channel = await testChannel(release('1.0.0'));
    const late = await update(channel, await channel.firstState(), channel.source, NOW + 10 * YEAR);
    assert.equal(late.freshness.state, 'expired');
    assert.ok(late.freshness.remaining < -8 * YEAR);
    // Ten years back: what was seen counts.
    const early = await update(channel, late.state, channel.source, NOW - 10 * YEAR);
    assert.equal(early.freshness.state, 'expired');
    assert.equal(early.freshness.clockBehind, true);
    assert.equal(early.state.lastSeen, late.state.lastSeen);
    const behind = await update(channel, await channel.firstState(), channel.source, NOW - 10 * YEAR);
    assert.equal(behind.freshness.state, 'fresh');
    const ending = await update(channel, await channel.firstState(), channel.source, NOW + YEAR - 1000);
    assert.deepEqual([ending.freshness.state, ending.freshness.remaining], ['ending', 1000]);
  });

  test('mix and match: parts of two editions are refused', async () => {
    const channel = await testChannel(release('1.0.0'));
    await channel.add(release('1.1.0'));
    await channel.publish();
    const first = await channel.firstState();
    const old = Buffer.from(await channel.read('1.skerry.json'));
    await assert.rejects(
      update(channel, first, changed(channel.source, { '2.skerry.json': old })),
      coded('CHANNEL_MIXED'),
    );
    const snapshot = Buffer.from(await channel.read('1.snapshot.json'));
    await assert.rejects(
      update(channel, first, changed(channel.source, { '2.snapshot.json': snapshot })),
      coded('CHANNEL_MIXED'),
    );
    const unnamed = await resigned(channel, {}, ['skerry.json']);
    await assert.rejects(update(channel, first, unnamed), coded('CHANNEL_MIXED'));
  });

  test('endless data: more than a file may have is not read', async () => {
    const channel = await testChannel(release('1.0.0'));
    const first = await channel.firstState();
    const limits: number[] = [];
    const endless: ChannelSource = {
      name: 'endless',
      read: async (file, limit, signal) => {
        limits.push(limit);
        return file === 'timestamp.json'
          ? Buffer.alloc(limit + 1)
          : await channel.source.read(file, limit, signal);
      },
    };
    await assert.rejects(update(channel, first, endless), coded('CHANNEL_TOO_LARGE'));
    assert.ok(Math.max(...limits) <= 8 * 1024 * 1024);
    const deep = changed(channel.source, { 'timestamp.json': Buffer.from('['.repeat(8000)) });
    await assert.rejects(update(channel, first, deep), coded('CHANNEL_METADATA_INVALID'));
    const roots: ChannelSource = {
      name: 'roots',
      read: async () => Buffer.from(await channel.read('1.root.json')),
    };
    await assert.rejects(update(channel, first, roots), coded('CHANNEL_ROLLED_BACK'));
  });

  test('wrong root: a root that the trusted one has not signed is refused', async () => {
    const channel = await testChannel(release('1.0.0'));
    const other = await testChannel(release('1.0.0'));
    await assert.rejects(update(channel, await other.firstState()), coded('CHANNEL_THRESHOLD_MISSED'));
    const roots = [testSigner(), testSigner()];
    await changeKeys(other.workshop, other.keys(roots), NOW, LIFETIMES);
    await other.sign([...roots, other.signers.targets, other.signers.product]);
    const stolen = (await other.workshop.readStaged('root')) ?? Buffer.of();
    const source = changed(channel.source, { '2.root.json': stolen });
    await assert.rejects(
      update(channel, await channel.firstState(), source),
      coded('CHANNEL_ROOT_UNTRUSTED'),
    );
  });

  test('missing threshold: one of two root keys is too few', async () => {
    const channel = await testChannel(release('1.0.0'));
    const root = parseRoot(Buffer.from(await channel.read('1.root.json')), 'root');
    const [one, ...others] = Object.keys(root.signatures);
    assert.equal(others.length, 1);
    const next = parseRoot(Buffer.from(await channel.read('1.root.json')), 'root');
    for (const id of others) delete next.signatures[id];
    assert.deepEqual(Object.keys(next.signatures), [one]);
    const source = changed(channel.source, { '2.root.json': formatMetadata(next) });
    await assert.rejects(
      update(channel, await channel.firstState(), source),
      coded('CHANNEL_ROOT_UNTRUSTED'),
    );
  });

  test('slow retrieval: a source that gives nothing is given up', async () => {
    const channel = await testChannel(release('1.0.0'));
    const never: ChannelSource = { name: 'never', read: () => new Promise(() => undefined) };
    const state = await channel.firstState();
    await assert.rejects(
      updateChannel(never, state, { clock: NOW, timeoutMs: 20 }),
      coded('CHANNEL_TOO_SLOW'),
    );
    const stop = AbortSignal.abort(new Error('stopped'));
    await assert.rejects(updateChannel(never, state, { clock: NOW, signal: stop }), /stopped/);
  });

  test('by a role that speaks for what is not its own changes nothing', async () => {
    const channel = await testChannel(release('1.0.0'));
    await channel.add(release('2.0.0', { product: 'other' }));
    await channel.publish();
    const { releases } = await update(channel, await channel.firstState());
    assert.deepEqual(
      releases.map(({ product, version }) => `${product}/${version}`),
      ['skerry/1.0.0'],
    );
  });
});

/** The channel with files replaced, and timestamp and snapshot made for them by who has their keys. */
async function resigned(
  channel: TestChannel,
  files: Record<string, [string, Uint8Array]>,
  without: readonly string[] = [],
): Promise<ChannelSource> {
  const timestamp = parseTimestamp(Buffer.from(await channel.read('timestamp.json')), 'timestamp');
  const now = timestamp.signed.snapshotMeta.version;
  const { signed } = parseSnapshot(Buffer.from(await channel.read(`${now}.snapshot.json`)), 'snapshot');
  const meta = { ...signed.meta };
  for (const [role, [, bytes]] of Object.entries(files))
    meta[role] = metaFileOf(bytes, parseTargets(bytes, role).signed.version);
  for (const role of without) delete meta[role];
  const snapshot = draftSnapshot({ ...far, version: now + 1 }, meta);
  signMetadata(snapshot, channel.signers.online);
  const bytes = formatMetadata(snapshot);
  const next = draftTimestamp({ ...far, version: now + 1 }, metaFileOf(bytes, now + 1));
  signMetadata(next, channel.signers.online);
  return changed(channel.source, {
    ...Object.fromEntries(Object.values(files)),
    [`${now + 1}.snapshot.json`]: bytes,
    'timestamp.json': formatMetadata(next),
  });
}

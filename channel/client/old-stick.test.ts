import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { NOW, TestChannel, testChannel } from '../testing/channel.ts';
import { release } from '../testing/release.ts';
import { testSigner } from '../testing/signer.ts';
import { changeKeys, initChannel } from '../vendor/channel-workshop.ts';
import { LIFETIMES } from '../vendor/lifetimes.ts';
import { folderSource } from './folder-source.ts';
import type { ChannelSource } from './source.ts';
import { updateChannel } from './update.ts';

const YEAR = 365 * 24 * 60 * 60 * 1000;
const coded = (code: string) => (error: unknown) => isSkerryError(error, code);

// What an island meets: sticks that lay in a drawer, clocks that were never set, years between two visits.
describe('an old stick', () => {
  test('whose root has expired still says what there is, and how long ago it ended', async () => {
    const channel = await testChannel(release('1.0.0'));
    const clock = NOW + 4 * YEAR;
    const late = await updateChannel(channel.source, await channel.firstState(), { clock });
    assert.ok(clock > NOW + LIFETIMES.root);
    assert.deepEqual([late.freshness.state, late.releases.length, late.root], ['expired', 1, 1]);
    assert.ok(late.freshness.remaining <= -3 * YEAR);
  });

  test('with an expired root leads on to a root that its keys have signed since, which is fresh', async () => {
    const channel = await testChannel(release('1.0.0'));
    const old = await updateChannel(channel.source, await channel.firstState(), { clock: NOW });
    const later = NOW + 4 * YEAR;
    await rotate(channel, later);
    const found = await updateChannel(channel.source, old.state, { clock: later });
    assert.deepEqual([found.root, found.freshness.state], [2, 'fresh']);
  });

  test('comes after a newer one: it is refused, expired or not, whatever the clock says', async () => {
    const channel = await testChannel(release('1.0.0'));
    const old = await copyOf(channel);
    await channel.add(release('1.1.0'));
    await channel.publish();
    const { state } = await updateChannel(channel.source, await channel.firstState(), { clock: NOW });
    for (const clock of [NOW - 10 * YEAR, NOW, NOW + 10 * YEAR])
      await assert.rejects(updateChannel(old, state, { clock }), coded('CHANNEL_ROLLED_BACK'));
  });
});

describe('a site that has missed three changes of all keys', () => {
  for (const [title, shift, state] of [
    ['with its clock right', 0, 'fresh'],
    ['with its clock ten years behind', -10 * YEAR, 'fresh'],
    ['with its clock ten years ahead', 10 * YEAR, 'expired'],
  ] as const)
    test(`${title} follows them all, and is ${state}`, async () => {
      const channel = await testChannel(release('1.0.0'));
      const first = await updateChannel(channel.source, await channel.firstState(), { clock: NOW });
      for (const year of [1, 2, 3]) await rotate(channel, NOW + year * YEAR);
      const clock = NOW + 3 * YEAR + shift;
      const found = await updateChannel(channel.source, first.state, { clock });
      assert.deepEqual([found.root, found.releases.length, found.freshness.state], [4, 1, state]);
      assert.equal(found.freshness.clockBehind, clock < NOW);
      assert.equal(found.state.lastSeen, Math.max(clock, NOW));
    });

  test('can’t follow them where one of the roots between is not on the stick', async () => {
    const channel = await testChannel(release('1.0.0'));
    const state = await channel.firstState();
    for (const year of [1, 2, 3]) await rotate(channel, NOW + year * YEAR);
    const gap = await copyOf(channel, ['3.root.json']);
    await assert.rejects(updateChannel(gap, state, { clock: NOW }), coded('CHANNEL_THRESHOLD_MISSED'));
  });

  test('is not led by keys of before: what the first ones sign counts no more', async () => {
    const channel = await testChannel(release('1.0.0'));
    const before = { ...channel.signers };
    const { state } = await updateChannel(channel.source, await channel.firstState(), { clock: NOW });
    for (const year of [1, 2, 3]) await rotate(channel, NOW + year * YEAR);
    const now = await updateChannel(channel.source, state, { clock: NOW });
    const old = new TestChannel(await testFolder('channel'));
    Object.assign(old.signers, before);
    await initChannel(old.workshop, old.keys(), NOW, LIFETIMES);
    await old.add(release('6.6.6'));
    await old.publish();
    const stolen: ChannelSource = {
      name: 'made with the keys of before',
      read: async (file, limit, signal) =>
        await (file.endsWith('.root.json') ? channel.source : old.source).read(file, limit, signal),
    };
    await assert.rejects(updateChannel(stolen, now.state, { clock: NOW }), coded('CHANNEL_THRESHOLD_MISSED'));
  });
});

/** All keys are others from now on; the root is signed by those of before as well. */
async function rotate(channel: TestChannel, now: number): Promise<void> {
  const before = { ...channel.signers };
  Object.assign(channel.signers, {
    roots: [testSigner(), testSigner()],
    targets: testSigner(),
    product: testSigner(),
    online: testSigner(),
  });
  await changeKeys(channel.workshop, channel.keys(), now, LIFETIMES);
  await channel.sign(before.roots);
  await channel.publish(now);
}

async function copyOf(channel: TestChannel, without: readonly string[] = []): Promise<ChannelSource> {
  const folder = await testFolder('channel-copy');
  await cp(channel.workshop.published, folder, { recursive: true });
  for (const file of without) await rm(join(folder, file));
  return folderSource(folder);
}

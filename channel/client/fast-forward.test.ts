import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { NOW, testChannel } from '../testing/channel.ts';
import { fastForwarded, rotateKeys } from '../testing/fast-forward.ts';
import { release } from '../testing/release.ts';
import { testSigner } from '../testing/signer.ts';
import { draftRoot, type RoleKeys } from '../vendor/draft.ts';
import { stillRemembered } from './key-rotation.ts';
import { updateChannel } from './update.ts';

const HUGE = 900_000_000;
const clock = NOW;
const coded = (code: string) => (error: unknown) => isSkerryError(error, code);

/** A site that has believed what was signed with stolen keys. */
async function deceivedSite() {
  const channel = await testChannel(release('1.0.0'));
  const deceit = await fastForwarded(channel, HUGE);
  const { state } = await updateChannel(deceit, await channel.firstState(), { clock });
  assert.deepEqual([state.timestamp, state.snapshot, state.roles.skerry], [HUGE, HUGE, HUGE]);
  return { channel, deceit, state };
}

// TUF specification 5.3.11.
describe('a fast-forward attack', () => {
  test('is over with a root that has another online key: lower numbers count again', async () => {
    const { channel, deceit, state } = await deceivedSite();
    await rotateKeys(channel, { online: testSigner(), product: testSigner() });
    const found = await updateChannel(channel.source, state, { clock });
    assert.deepEqual([found.root, found.releases.length], [2, 1]);
    assert.deepEqual([found.state.timestamp, found.state.snapshot, found.state.roles.skerry], [2, 2, 2]);
    await assert.rejects(updateChannel(deceit, found.state, { clock }), coded('CHANNEL_THRESHOLD_MISSED'));
  });

  test('is not over while the online key is the old one, whatever other keys have changed', async () => {
    const { channel, state } = await deceivedSite();
    await assert.rejects(updateChannel(channel.source, state, { clock }), coded('CHANNEL_ROLLED_BACK'));
    const roots = [testSigner(), testSigner()];
    await rotateKeys(channel, { roots, targets: testSigner(), product: testSigner() });
    await assert.rejects(updateChannel(channel.source, state, { clock }), coded('CHANNEL_ROLLED_BACK'));
  });

  test('is over also for a site that saw a root with the old key first, and missed the one that followed', async () => {
    const { channel, state } = await deceivedSite();
    await rotateKeys(channel, { roots: [testSigner(), testSigner()] });
    await rotateKeys(channel, { online: testSigner() });
    await rotateKeys(channel, { targets: testSigner() });
    const found = await updateChannel(channel.source, state, { clock });
    assert.deepEqual([found.root, found.state.timestamp], [4, 4]);
  });

  test('leaves what was recovered as safe as before: older editions by the new key are refused', async () => {
    const { channel, state } = await deceivedSite();
    await rotateKeys(channel, { online: testSigner() });
    const recovered = await updateChannel(channel.source, state, { clock });
    const ahead = { ...recovered.state, timestamp: recovered.state.timestamp + 1 };
    await assert.rejects(updateChannel(channel.source, ahead, { clock }), coded('CHANNEL_ROLLED_BACK'));
  });
});

test('a rotation does not open the way to editions that the old keys have signed', async () => {
  const channel = await testChannel(release('1.0.0'));
  const old = Buffer.from(await channel.read('timestamp.json'));
  await channel.add(release('1.1.0'));
  await channel.publish();
  const { state } = await updateChannel(channel.source, await channel.firstState(), { clock });
  await rotateKeys(channel, { online: testSigner() });
  const { source } = channel;
  const mixed = {
    ...source,
    read: async (file: string, limit: number, signal: AbortSignal) =>
      file === 'timestamp.json' ? old : await source.read(file, limit, signal),
  };
  await assert.rejects(updateChannel(mixed, state, { clock }), coded('CHANNEL_THRESHOLD_MISSED'));
});

describe('keys are rotated', () => {
  const [one, other, third] = [testSigner(), testSigner(), testSigner()].map(({ publicPem }) => publicPem);
  const versions = { timestamp: 7, snapshot: 7, roles: { targets: 3 } };
  const root = (timestamp: RoleKeys, snapshot: RoleKeys) => {
    const rest = { keys: [one ?? ''], threshold: 1 };
    const keys = { root: rest, targets: rest, timestamp, snapshot, products: {} };
    return draftRoot({ version: 1, expires: NOW }, keys);
  };
  const by = (threshold: number, ...keys: readonly (string | undefined)[]): RoleKeys => ({
    keys: keys.filter((key) => key !== undefined),
    threshold,
  });
  const forgotten = (before: readonly [RoleKeys, RoleKeys], now: readonly [RoleKeys, RoleKeys]) =>
    stillRemembered(root(...before), root(...now), versions) !== versions;

  test('when those of the timestamp, or of the snapshot, count no more', () => {
    assert.equal(forgotten([by(1, one), by(1, other)], [by(1, third), by(1, other)]), true);
    assert.equal(forgotten([by(1, one), by(1, other)], [by(1, one), by(1, third)]), true);
    assert.deepEqual(
      stillRemembered(root(by(1, one), by(1, one)), root(by(1, other), by(1, one)), versions),
      { timestamp: 0, snapshot: 0, roles: {} },
    );
  });

  test('when one of two that may sign alone goes', () => {
    const same = by(1, other);
    assert.equal(forgotten([by(1, one, other), same], [by(1, other), same]), true);
  });

  test('not when one is added, or fewer go than had to sign', () => {
    const same = by(1, other);
    assert.equal(forgotten([by(1, one), same], [by(1, one, third), same]), false);
    assert.equal(forgotten([by(2, one, other), same], [by(2, one, third), same]), false);
    assert.equal(forgotten([by(2, one, other), same], [by(1, third), same]), true);
  });
});

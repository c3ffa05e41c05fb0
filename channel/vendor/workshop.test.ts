import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { NOW, testChannel } from '../testing/channel.ts';
import { release } from '../testing/release.ts';
import { testSigner } from '../testing/signer.ts';
import { changeKeys, editReleases, initChannel, releasesOf } from './channel-workshop.ts';
import { type addRelease, withdrawRelease } from './edit-releases.ts';
import { LIFETIMES } from './lifetimes.ts';
import { publishChannel } from './publish.ts';
import { signings, signStaged } from './sign.ts';

const coded = (code: string) => (error: unknown) => isSkerryError(error, code);
const expires = { snapshot: NOW + LIFETIMES.snapshot, timestamp: NOW + LIFETIMES.timestamp };

describe('a channel of a vendor', () => {
  test('is never begun over another one', async () => {
    const { workshop, ...channel } = await testChannel(release('1.0.0'));
    const before = await readdir(workshop.published);
    const keys = (await testChannel()).keys();
    await assert.rejects(initChannel(workshop, keys, NOW, LIFETIMES), coded('CHANNEL_EXISTS'));
    assert.deepEqual(await readdir(workshop.published), before);
    assert.ok(channel);
  });

  test('keeps what a version stands for', async () => {
    const channel = await testChannel(release('1.0.0'));
    await channel.add(release('1.0.0'));
    assert.deepEqual(await signings(channel.workshop), []);
    const other = release('1.0.0', { digest: release('other').digest });
    await assert.rejects(channel.add(other), coded('CHANNEL_RELEASE_EXISTS'));
    const withdraw = (all: Parameters<typeof addRelease>[0]) =>
      withdrawRelease(all, 'skerry', '3.0.0', 'bad');
    await assert.rejects(
      editReleases(channel.workshop, 'skerry', withdraw, NOW, LIFETIMES),
      coded('CHANNEL_RELEASE_UNKNOWN'),
    );
    assert.deepEqual(await releasesOf(channel.workshop, 'skerry'), [release('1.0.0')]);
  });

  test('is published only when all that is staged is signed, and by keys of its own', async () => {
    const channel = await testChannel(release('1.0.0'));
    await channel.add(release('1.1.0'));
    const before = await readdir(channel.workshop.published);
    const publish = () => publishChannel(channel.workshop, { signers: [channel.signers.online], expires });
    await assert.rejects(publish(), coded('CHANNEL_NOT_SIGNED'));
    await assert.rejects(signStaged(channel.workshop, testSigner()), coded('CHANNEL_KEY_UNKNOWN'));
    await channel.sign();
    await assert.rejects(
      publishChannel(channel.workshop, { signers: [testSigner()], expires }),
      coded('CHANNEL_NOT_SIGNED'),
    );
    assert.deepEqual(await readdir(channel.workshop.published), before);
    assert.equal((await publish()).snapshot, 2);
    assert.deepEqual(await readdir(channel.workshop.staged), []);
  });

  test('has its next root signed by the keys before it and by the new ones', async () => {
    const channel = await testChannel(release('1.0.0'));
    const before = channel.signers.roots;
    const roots = [testSigner(), testSigner()];
    await changeKeys(channel.workshop, channel.keys(roots), NOW, LIFETIMES);
    await channel.sign([...roots, channel.signers.targets, channel.signers.product]);
    const root = async () => (await signings(channel.workshop)).find(({ role }) => role === 'root');
    assert.equal((await root())?.complete, false);
    await channel.sign(before);
    assert.equal((await root())?.complete, true);
  });

  test('changed after it was signed needs new signatures', async () => {
    const channel = await testChannel(release('1.0.0'));
    await channel.add(release('1.1.0'));
    await channel.sign();
    await channel.add(release('1.2.0'));
    assert.deepEqual(
      (await signings(channel.workshop)).map(({ role, version, complete }) => [role, version, complete]),
      [['skerry', 2, false]],
    );
  });
});

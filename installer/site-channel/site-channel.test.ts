import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { parsePublicKey } from '../../bundle/key.ts';
import { folderSource } from '../../channel/client/folder-source.ts';
import type { ChannelSource } from '../../channel/client/source.ts';
import { NOW, type TestChannel, testChannel } from '../../channel/testing/channel.ts';
import { fastForwarded, rotateKeys } from '../../channel/testing/fast-forward.ts';
import { release } from '../../channel/testing/release.ts';
import { testSigner } from '../../channel/testing/signer.ts';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { NAMESPACE } from '../names.ts';
import { fingerprintOf } from './channel-root.ts';
import { firstTrust } from './first-trust.ts';
import { lookAtChannel, readSiteChannel, SITE_CHANNEL, siteFreshness } from './site-channel.ts';

const YEAR = 365 * 24 * 60 * 60 * 1000;
const coded = (code: string) => (error: unknown) => isSkerryError(error, code);
const nobody = () => Promise.reject(new Error('asked for the first trust again'));

describe('the channel as a cluster remembers it', () => {
  let server: ScriptedApiServer;
  let channel: TestChannel;

  beforeEach(async () => {
    server = await ScriptedApiServer.start();
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
    channel = await testChannel(release('1.0.0'));
  });

  afterEach(() => server.close());

  const look = (source: ChannelSource, extra: Partial<Parameters<typeof lookAtChannel>[0]> = {}) =>
    lookAtChannel({
      client: server.client(),
      id: 'an-id',
      source,
      first: () => channel.firstState(),
      clock: NOW,
      remember: true,
      ...extra,
    });

  test('the first look asks what to trust, later ones do not', async () => {
    await look(channel.source);
    const again = await look(channel.source, { first: nobody });
    assert.equal(again.releases.length, 1);
    const seen = await readSiteChannel(server.client());
    assert.equal(seen?.state.snapshot, 1);
    assert.equal(seen?.root, 1);
    assert.equal(
      server.objects.find(`ConfigMap ${NAMESPACE}/${SITE_CHANNEL}`)?.metadata.labels?.[
        'skerry.dev/installation'
      ],
      'an-id',
    );
  });

  test('who only plans changes nothing', async () => {
    await look(channel.source, { remember: false });
    assert.equal(await readSiteChannel(server.client()), undefined);
  });

  test('an older channel is refused, also on another workstation', async () => {
    const old = await copyOf(channel);
    await channel.add(release('1.1.0'));
    await channel.publish();
    await look(channel.source);
    await assert.rejects(look(old, { first: nobody }), coded('CHANNEL_ROLLED_BACK'));
    assert.equal((await readSiteChannel(server.client()))?.state.snapshot, 2);
  });

  test('of two workstations that look at once, the one with the older channel gives way', async () => {
    const old = await copyOf(channel);
    await channel.add(release('1.1.0'));
    await channel.publish();
    let others = 0;
    // Between reading and writing of the one, the other does all of it.
    const first = async () => {
      if (others++ === 0) await look(channel.source, { first: () => channel.firstState() });
      return await channel.firstState();
    };
    await assert.rejects(look(old, { first }), coded('CHANNEL_ROLLED_BACK'));
    assert.equal(others, 1);
    assert.equal((await readSiteChannel(server.client()))?.state.snapshot, 2);
  });

  test('huge numbers by a stolen key are forgotten with a root that has another one, and not before', async () => {
    await look(await fastForwarded(channel, 900_000_000));
    await assert.rejects(look(channel.source, { first: nobody }), coded('CHANNEL_ROLLED_BACK'));
    assert.equal((await readSiteChannel(server.client()))?.state.snapshot, 900_000_000);
    await rotateKeys(channel, { online: testSigner(), product: testSigner() });
    await look(channel.source, { first: nobody, remember: false });
    assert.equal((await readSiteChannel(server.client()))?.state.snapshot, 900_000_000);
    await look(channel.source, { first: nobody });
    const { root, state } = (await readSiteChannel(server.client())) ?? {};
    assert.deepEqual([root, state?.timestamp, state?.snapshot, state?.roles.skerry], [2, 2, 2, 2]);
  });

  test('the countdown needs no channel at hand, and a clock that is behind is reported', async () => {
    await look(channel.source);
    const seen = await readSiteChannel(server.client());
    assert.ok(seen !== undefined);
    assert.equal(siteFreshness(seen, NOW).state, 'fresh');
    assert.equal(siteFreshness(seen, NOW + 10 * YEAR).state, 'expired');
    const behind = siteFreshness(seen, NOW - 10 * YEAR);
    assert.equal(behind.state, 'fresh');
    assert.equal(behind.behind, 10 * YEAR);
  });

  test('a record that was changed by hand is not believed', async () => {
    server.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: SITE_CHANNEL, namespace: NAMESPACE },
      data: { channel: '{}' },
    });
    await assert.rejects(look(channel.source), coded('CHANNEL_METADATA_INVALID'));
  });
});

describe('the first trust in a channel', () => {
  test('is a fingerprint, a root, the key of the releases, or a person’s word', async () => {
    const channel = await testChannel(release('1.0.0'));
    const fingerprint = fingerprintOf(Buffer.from(await channel.read('1.root.json')));
    const expected = await channel.firstState();
    const [pem = ''] = channel.signers.roots.map(({ publicPem }) => publicPem);
    const key = parsePublicKey(pem, 'a root key');
    assert.deepEqual(await firstTrust(channel.source, { fingerprint }), expected);
    assert.deepEqual(await firstTrust(channel.source, { key }), expected);
    assert.deepEqual(
      await firstTrust(channel.source, { ask: async (shown) => shown === fingerprint }),
      expected,
    );
    await assert.rejects(
      firstTrust(channel.source, { fingerprint: 'SHA256:other' }),
      coded('CHANNEL_ROOT_UNTRUSTED'),
    );
    const stranger = parsePublicKey(channel.signers.online.publicPem, 'no root key');
    await assert.rejects(firstTrust(channel.source, { key: stranger }), coded('TRUST_KEY_REQUIRED'));
    await assert.rejects(firstTrust(channel.source, { ask: async () => false }), coded('TRUST_KEY_REQUIRED'));
  });
});

async function copyOf(channel: TestChannel): Promise<ChannelSource> {
  const folder = await testFolder('channel-copy');
  await cp(channel.workshop.published, folder, { recursive: true });
  return folderSource(folder);
}

import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { newKey } from '../../bundle/testing/signed-bundle.ts';
import { writeChannelArtifact } from '../../channel/metadata/channel-artifact.ts';
import { NOW, type TestChannel, testChannel } from '../../channel/testing/channel.ts';
import { release } from '../../channel/testing/release.ts';
import type { Digest } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { NAMESPACE } from '../names.ts';
import { CHANNEL_FOLDER, CHANNEL_NAME } from '../site-channel/channel-place.ts';
import { SITE_CHANNEL } from '../site-channel/site-channel.ts';
import { signedBundle, signedStore } from '../testing/signed-release.ts';
import type { Offer } from './offer.ts';
import { openHop, planHops, requireFresh } from './plan-hops.ts';
import { offerOfStore } from './registry-offer.ts';
import { offerOfStick } from './stick-offer.ts';

const YEAR = 365 * 24 * 60 * 60 * 1000;
const KEY = newKey();
const coded = (code: string) => (error: unknown) => isSkerryError(error, code);
const VERSIONS = ['1.0.0', '1.1.0', '1.2.0'];

describe('the hops of an upgrade', () => {
  let server: ScriptedApiServer;
  let stick: string;
  let store: MemoryStore;
  let channel: TestChannel;
  const digests = new Map<string, Digest>();

  before(async () => {
    server = await ScriptedApiServer.start();
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
    stick = await testFolder('stick');
    store = new MemoryStore('a registry');
    for (const version of VERSIONS) {
      const images = { web: `layer of ${version}` };
      const described = { version, images, extra: { name: 'skerry' } };
      digests.set(version, (await signedBundle(stick, KEY, described)).digest);
      await signedStore(KEY, described, store);
    }
    const graph = [
      release('1.0.0', { digest: digestOf('1.0.0') }),
      release('1.1.0', { digest: digestOf('1.1.0'), from: '>=1.0.0 <1.1.0' }),
      release('1.2.0', { digest: digestOf('1.2.0'), from: '>=1.1.0 <1.2.0' }),
    ];
    channel = await testChannel(...graph);
    await publishTo(channel, stick, store);
  });

  after(() => server.close());

  const digestOf = (version: string): Digest => digests.get(version) ?? 'sha256:none';
  const plan = async (offer: Offer, extra: Partial<Parameters<typeof planHops>[0]> = {}) =>
    await planHops({
      client: server.client(),
      installation: { id: 'an-id', release: { name: 'skerry', version: '1.0.0', digest: digestOf('1.0.0') } },
      offer,
      trust: { root: undefined, key: KEY.publicKey },
      clock: NOW,
      remember: false,
      signal: AbortSignal.timeout(20_000),
      ...extra,
    });

  test('without a channel are one, on a stick and in a registry', async () => {
    for (const offer of [
      { ...(await offerOfStick(stick)), channel: undefined },
      { ...(await offerOfStore(store, 'skerry')), channel: undefined },
    ]) {
      const { hops, notes } = await plan(offer);
      assert.deepEqual(
        hops.map(({ from, to }) => [from, to.version]),
        [['1.0.0', '1.2.0']],
      );
      assert.match(notes.join(), /no channel here/);
    }
  });

  test('open as what was chosen, and as nothing else', async () => {
    for (const offer of [await offerOfStick(stick), await offerOfStore(store, 'skerry')]) {
      const { hops } = await plan({ ...offer, channel: undefined }, { to: '1.1.0' });
      const [hop] = hops;
      assert.ok(hop !== undefined);
      const bundle = await openHop(hop, KEY.publicKey);
      assert.equal(bundle.release.version, '1.1.0');
      assert.ok(bundle.bytes > 0);
      await bundle.store.close();
      const swapped = { ...hop, to: { ...hop.to, digest: digestOf('1.2.0') } };
      await assert.rejects(openHop(swapped, KEY.publicKey), coded('CHANNEL_RELEASE_MISMATCH'));
      await assert.rejects(openHop(hop, newKey().publicKey), coded('SIGNATURE_WRONG_KEY'));
    }
  });

  test('with a channel follow it, and it is the same on a stick and in a registry', async () => {
    const root = join(stick, CHANNEL_FOLDER, '1.root.json');
    for (const offer of [await offerOfStick(stick), await offerOfStore(store, 'skerry')]) {
      await assert.rejects(plan(offer), coded('TRUST_KEY_REQUIRED'));
      const found = await plan(offer, { trust: { root } });
      assert.deepEqual(
        found.hops.map(({ from, to }) => [from, to.version]),
        [
          ['1.0.0', '1.1.0'],
          ['1.1.0', '1.2.0'],
        ],
      );
      assert.equal(found.channel?.edition, 1);
      assert.deepEqual(found.notes, []);
    }
  });

  test('are none without a channel where the cluster has followed one, until it has forgotten it', async () => {
    const root = join(stick, CHANNEL_FOLDER, '1.root.json');
    const offer = await offerOfStick(stick);
    await plan(offer, { trust: { root }, remember: true });
    for (const silent of [offer, await offerOfStore(store, 'skerry')])
      await assert.rejects(
        plan({ ...silent, channel: undefined }),
        (error) => isSkerryError(error, 'CHANNEL_NOT_FOUND') && /edition 1/.test(error.detail ?? ''),
      );
    server.objects.delete(`ConfigMap ${NAMESPACE}/${SITE_CHANNEL}`, {});
    assert.equal((await plan({ ...offer, channel: undefined })).hops.length, 1);
  });

  test('of an expired channel need a word', async () => {
    const root = join(stick, CHANNEL_FOLDER, '1.root.json');
    const expired = await plan(await offerOfStick(stick), { trust: { root }, clock: NOW + 10 * YEAR });
    assert.equal(expired.channel?.freshness.state, 'expired');
    assert.throws(() => requireFresh(expired, false), coded('CHANNEL_EXPIRED'));
    requireFresh(expired, true);
    requireFresh({ channel: undefined }, false);
  });
});

async function publishTo(channel: TestChannel, stick: string, store: MemoryStore): Promise<void> {
  const folder = join(stick, CHANNEL_FOLDER);
  await mkdir(folder, { recursive: true });
  await cp(channel.workshop.published, folder, { recursive: true });
  const names = await readdir(folder);
  const files = await Promise.all(
    names.map(async (name) => [name, await readFile(join(folder, name))] as const),
  );
  await writeChannelArtifact(store, CHANNEL_NAME, new Map(files));
}

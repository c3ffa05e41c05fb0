import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { newKey } from '../../bundle/testing/signed-bundle.ts';
import { NOW, testChannel } from '../../channel/testing/channel.ts';
import { release } from '../../channel/testing/release.ts';
import { digestOf } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { NAMESPACE } from '../names.ts';
import { CHANNEL_FOLDER } from '../site-channel/channel-place.ts';
import { openTrustedKey } from '../stick/keys.ts';
import { takeHostTool } from '../stick/stick.ts';
import { signedBundle } from '../testing/signed-release.ts';
import { openHop, planHops } from './plan-hops.ts';
import { offerOfStick } from './stick-offer.ts';

const VENDOR = newKey();
const coded = (code: string) => (error: unknown) => isSkerryError(error, code);
const described = (version: string, layer: string) => ({
  ...{ version, images: { web: layer }, extra: { name: 'skerry' } },
});

describe('a stick that somebody else has had', () => {
  let server: ScriptedApiServer;
  before(async () => {
    server = await ScriptedApiServer.start();
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  });
  after(() => server.close());

  const installed = { name: 'skerry', version: '1.0.0', digest: digestOf('1.0.0') };
  const plan = async (folder: string, root?: string) =>
    await planHops({
      ...{ client: server.client(), installation: { id: 'an-id', release: installed } },
      ...{ offer: await offerOfStick(folder), trust: { root }, clock: NOW, remember: false },
      signal: AbortSignal.timeout(20_000),
    });

  /** A stick with the vendor's channel, which names 1.1.0, and a bundle with this layer that this key has signed. */
  const stickWith = async (layer: string, key = VENDOR) => {
    const vendors = await signedBundle(await testFolder('vendor'), VENDOR, described('1.1.0', 'good'));
    const channel = await testChannel(
      release('1.0.0', { digest: installed.digest }),
      release('1.1.0', { digest: vendors.digest, from: '>=1.0.0 <1.1.0' }),
    );
    const folder = await testFolder('stick');
    const { path } = await signedBundle(folder, key, described('1.1.0', layer));
    await cp(channel.workshop.published, join(folder, CHANNEL_FOLDER), { recursive: true });
    return { folder, path, root: join(channel.workshop.published, '1.root.json') };
  };

  test('with what the vendor made is good', async () => {
    const { folder, root } = await stickWith('good');
    const [hop] = (await plan(folder, root)).hops;
    assert.ok(hop !== undefined);
    await (await openHop(hop, VENDOR.publicKey)).store.close();
  });

  test('with another release under the name that the channel has is refused, whoever signed it', async () => {
    for (const key of [VENDOR, newKey()]) {
      const { folder, root } = await stickWith('bad', key);
      await assert.rejects(plan(folder, root), coded('CHANNEL_RELEASE_MISMATCH'));
    }
  });

  test('with the vendor’s release, signed by another, is refused before anything of it is used', async () => {
    const { folder, root } = await stickWith('good', newKey());
    const [hop] = (await plan(folder, root)).hops;
    assert.ok(hop !== undefined);
    await assert.rejects(openHop(hop, VENDOR.publicKey), coded('SIGNATURE_WRONG_KEY'));
  });

  test('that is changed after it was looked at is refused', async () => {
    const { folder, path, root } = await stickWith('good');
    const [hop] = (await plan(folder, root)).hops;
    assert.ok(hop !== undefined);
    const other = await signedBundle(await testFolder('other'), VENDOR, described('1.1.0', 'bad'));
    await rename(other.path, path);
    await assert.rejects(openHop(hop, VENDOR.publicKey), coded('CHANNEL_RELEASE_MISMATCH'));
  });

  test('with a pipe, a device or a folder in the place of a bundle is refused, with its name', async () => {
    const { folder } = await stickWith('good');
    const odd = join(folder, 'odd.bundle.tar');
    for (const make of [
      () => execFileSync('mkfifo', [odd]),
      () => symlink('/dev/zero', odd),
      () => mkdir(odd),
    ]) {
      await make();
      await assert.rejects(
        offerOfStick(folder),
        (error) => isSkerryError(error, 'BUNDLE_NOT_FOUND') && error.subject === odd,
      );
      await rm(odd, { recursive: true });
    }
  });

  test('with a bundle whose name would steer a terminal is told of without that, and opened all the same', async () => {
    const { folder, path, root } = await stickWith('good');
    await rename(path, join(folder, 'x\u001b[2J\n.bundle.tar'));
    const [hop] = (await plan(folder, root)).hops;
    assert.ok(hop !== undefined);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.doesNotMatch(hop.to.place, /[\u0000-\u001f]/);
    await (await openHop(hop, VENDOR.publicKey)).store.close();
  });

  test('with a key without end is refused', async () => {
    const { folder } = await stickWith('good');
    const stickKeyPath = join(folder, 'release.pub');
    const trust = async () =>
      await openTrustedKey({
        ...{ keyPath: undefined, fingerprint: 'SHA256:x', stickKeyPath, installed: undefined },
        ...{ env: {}, ask: undefined },
      });
    await symlink('/dev/zero', stickKeyPath);
    await assert.rejects(trust(), coded('KEY_INVALID'));
    await rm(stickKeyPath);
    await writeFile(stickKeyPath, '');
    await truncate(stickKeyPath, 10 * 1024 ** 3);
    await assert.rejects(trust(), coded('KEY_INVALID'));
  });

  test('with a program without end, or of another size, has nothing of it copied', async () => {
    const { folder, path: bundle } = await stickWith('good');
    const scratch = await testFolder('scratch');
    const tool = {
      ...{ name: 'helm', version: '4.0.0', platform: 'linux/amd64', file: 'helm' },
      ...{ digest: digestOf('helm'), size: 4 },
    };
    const program = join(folder, 'helm');
    const take = () => takeHostTool({ folder, bundle }, tool, join(scratch, 'tools'));
    await symlink('/dev/zero', program);
    await assert.rejects(take(), coded('HOST_TOOL_MISSING'));
    await rm(program);
    await writeFile(program, '');
    await truncate(program, 10 * 1024 ** 4);
    await assert.rejects(take(), coded('HOST_TOOL_MISMATCH'));
    assert.deepEqual(await readdir(scratch), []);
    await writeFile(program, 'helm');
    assert.equal(await take(), join(scratch, 'tools', 'helm'));
  });
});

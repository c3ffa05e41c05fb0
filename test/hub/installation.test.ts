import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { generateKey, parseSigningKey } from '../../bundle/key.ts';
import { NOW, testChannel } from '../../channel/testing/channel.ts';
import { release } from '../../channel/testing/release.ts';
import { isSkerryError } from '../../content/error.ts';
import { contentError } from '../../content/errors.ts';
import type { StorageReport } from '../../content/storage-report.ts';
import type { Manifest, Store } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { NAMESPACE } from '../../installer/names.ts';
import { lookAtChannel, SITE_CHANNEL } from '../../installer/site-channel/site-channel.ts';
import { InstalledSite } from '../../installer/testing/installed-site.ts';
import { signedStore } from '../../installer/testing/signed-release.ts';
import {
  type InstallationRoutesOptions,
  installationRoutes,
} from '../../platform/hub/installation/installation-routes.ts';

/** A registry that can go away. */
class Registry extends MemoryStore {
  away = false;

  override async readManifest(...args: Parameters<Store['readManifest']>): Promise<Manifest | undefined> {
    this.#check();
    return await super.readManifest(args[0], args[1]);
  }

  override async listTags(...args: Parameters<Store['listTags']>): Promise<string[]> {
    this.#check();
    return await super.listTags(args[0], args[1]);
  }

  #check(): void {
    if (this.away) throw contentError('REGISTRY_UNREACHABLE', { subject: 'registry', detail: 'unplugged' });
  }
}

const coded = (code: string) => (error: unknown) => isSkerryError(error, code);

/** Asks an operation as a user would who may, and holds the answer against what is documented. */
function asking(options: Partial<InstallationRoutesOptions> & Pick<InstallationRoutesOptions, 'client'>) {
  const routes = installationRoutes({
    namespace: NAMESPACE,
    store: new MemoryStore(),
    readStorage: async () => undefined,
    now: () => 0,
    signal: new AbortController().signal,
    ...options,
  });
  return async (operationId: string): Promise<Record<string, unknown>> => {
    const found = routes.find((each) => each.operationId === operationId);
    assert.ok(found);
    const { answer } = found.prepare({ params: {}, query: {}, headers: {} });
    const caller = { host: undefined, search: '' };
    const asker = { user: { username: 'u' }, caller, signal: AbortSignal.timeout(30_000) };
    return Object(found.response.parse(await answer(asker)));
  };
}

describe('what the hub says of an installation that the installer made', () => {
  test('is its release, the key it was verified with, its phases and runs, and what runs by digest', async (t) => {
    const { site } = await InstalledSite.start();
    t.after(async () => await site.close());
    const digest = `sha256:${'a'.repeat(64)}`;
    site.server.put({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'skerry-hub-1', namespace: NAMESPACE },
      spec: { nodeName: 'n1', containers: [{ name: 'hub', image: 'localhost:31999/skerry/image:1' }] },
      status: {
        containerStatuses: [{ name: 'hub', imageID: `localhost:31999/skerry/image@${digest}`, state: {} }],
      },
    });
    const ask = asking({ client: site.context.client });
    const { installation, running } = await ask('getInstallation');
    const { release: installed, key, state, phases, history } = Object(installation);
    assert.deepEqual(installed, { name: 'demo', version: '1.0.0', digest: site.bundle.address.digest });
    assert.equal(key.fingerprint, site.context.key.fingerprint);
    assert.equal(key.pem, undefined);
    assert.equal(state, 'installed');
    assert.ok(phases.length > 2 && phases.every((phase: { state: string }) => phase.state === 'done'));
    assert.deepEqual([history.length, history[0].action, history[0].outcome], [1, 'install', 'done']);
    assert.deepEqual(running, [
      { pod: 'skerry-hub-1', container: 'hub', image: 'localhost:31999/skerry/image:1', digest, node: 'n1' },
    ]);
  });

  test('is that there is none, where none was made, and what cannot be read is said so', async (t) => {
    const { site } = await InstalledSite.start();
    t.after(async () => await site.close());
    const elsewhere = asking({ client: site.context.client, namespace: 'elsewhere' });
    assert.deepEqual(await elsewhere('getInstallation'), { installation: undefined, running: [] });
    for (const operation of ['getReleaseContent', 'getChannel'])
      await assert.rejects(elsewhere(operation), coded('RELEASE_UNKNOWN'), operation);
    await changeRecord(site.context.client, 'skerry-installation', '{"version":9}');
    await assert.rejects(
      asking({ client: site.context.client })('getInstallation'),
      coded('INSTALLATION_UNREADABLE'),
    );
  });
});

describe('what the hub says of the release in the registry', () => {
  test('is its images by digest and origin, who signed it, and how old the answer is while the registry is away', async (t) => {
    const { site } = await InstalledSite.start();
    t.after(async () => await site.close());
    const key = parseSigningKey(generateKey().privatePem, 'a key');
    const store = new Registry('a registry');
    const made = await signedStore(key, { version: '1.0.0', images: { web: 'one', db: 'two' } }, store);
    await installed(site.context.client, made.digest);
    let time = 0;
    const ask = asking({ client: site.context.client, store, now: () => time });
    const { release: content, away, readAt } = await ask('getReleaseContent');
    const { images, attachments, repository } = Object(content);
    assert.equal(repository, 'skerry/releases/demo');
    assert.deepEqual(
      images.map(({ reference, digest, signed }: Record<string, unknown>) => [reference, digest, signed]),
      made.release.images.map(({ reference, digest }) => [reference, digest, false]),
    );
    assert.deepEqual(
      attachments.map(({ kind, signers }: Record<string, unknown>) => [kind, signers]),
      [['signature', [key.publicKey.fingerprint]]],
    );
    assert.equal(away, undefined);
    store.away = true;
    time += 3_600_000;
    const old = await ask('getReleaseContent');
    assert.deepEqual([old.release, old.readAt], [content, readAt]);
    assert.deepEqual(old.away, { code: 'REGISTRY_UNREACHABLE', detail: 'unplugged' });
    store.away = false;
    time += 3_600_000;
    assert.equal((await ask('getReleaseContent')).away, undefined);
    const never = asking({ client: site.context.client, store, now: () => time });
    store.away = true;
    await assert.rejects(never('getReleaseContent'), coded('REGISTRY_UNREACHABLE'));
  });

  test('is that it is not there, or not readable', async (t) => {
    const { site } = await InstalledSite.start();
    t.after(async () => await site.close());
    const ask = asking({ client: site.context.client });
    await assert.rejects(ask('getReleaseContent'), coded('RELEASE_UNREADABLE'));
  });

  test('is which releases may follow, and how fresh the channel is that the installer saw', async (t) => {
    const { site } = await InstalledSite.start();
    t.after(async () => await site.close());
    const key = parseSigningKey(generateKey().privatePem, 'a key');
    const store = new Registry('a registry');
    for (const [version, from] of [['1.0.0'], ['1.1.0', '^1.0.0'], ['2.0.0', '>=1.1.0']] as const)
      await signedStore(key, { version, from }, store);
    const ask = asking({ client: site.context.client, store });
    const before = await ask('getChannel');
    assert.equal(before.channel, undefined);
    assert.deepEqual(
      Object(before).releases.map(({ version, follows }: Record<string, unknown>) => [version, follows]),
      [
        ['2.0.0', false],
        ['1.1.0', true],
        ['1.0.0', false],
      ],
    );
    const channel = await testChannel(release('1.1.0'));
    const first = async () => await channel.firstState();
    const { freshness } = await lookAtChannel({
      ...{
        client: site.context.client,
        id: 'an-id',
        source: channel.source,
        first,
        clock: NOW,
        remember: true,
      },
    });
    const { channel: seen } = Object(await ask('getChannel'));
    assert.deepEqual(seen, {
      edition: 1,
      root: 1,
      role: freshness.role,
      expiresAt: new Date(freshness.expires).toISOString(),
      lastSeenAt: new Date(NOW).toISOString(),
    });
    await changeRecord(site.context.client, SITE_CHANNEL, 'no JSON');
    await assert.rejects(ask('getChannel'), coded('INSTALLATION_UNREADABLE'));
  });

  test('is nothing of the room of a registry that is not one of Skerry’s, and is aged as the rest', async (t) => {
    const { site } = await InstalledSite.start();
    t.after(async () => await site.close());
    assert.deepEqual(Object.keys(await asking({ client: site.context.client })('getStorage')), ['readAt']);
    const report: StorageReport = {
      measuredAt: '2026-11-29T00:00:00.000Z',
      total: { repositories: 0, tags: 0, manifests: 0, bytes: 0, sharedBytes: 0 },
      disk: { freeBytes: 5, sizeBytes: 9 },
      repositories: [],
      collection: { keepUntaggedSeconds: 1 },
    };
    let time = 0;
    let away = false;
    const readStorage = async () => {
      if (away) throw contentError('REGISTRY_DENIED', { subject: 'registry' });
      return report;
    };
    const ask = asking({ client: site.context.client, readStorage, now: () => time });
    assert.deepEqual((await ask('getStorage')).report, report);
    away = true;
    time += 60_000;
    const old = await ask('getStorage');
    assert.deepEqual([old.report, Object(old.away).code], [report, 'REGISTRY_DENIED']);
  });
});

type Client = InstalledSite['site']['context']['client'];

async function changeRecord(client: Client, name: string, text: string): Promise<void> {
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: NAMESPACE } };
  const found = await client.get(reference);
  assert.ok(found);
  const [key = ''] = Object.keys(Object(found.data));
  await client.replace({ ...found, data: { [key]: text } });
}

/** The record says another digest: that of the release in the test's registry. */
async function installed(client: Client, digest: string): Promise<void> {
  const reference = {
    ...{ apiVersion: 'v1', kind: 'ConfigMap' },
    metadata: { name: 'skerry-installation', namespace: NAMESPACE },
  };
  const found = await client.get(reference);
  const record = JSON.parse(Object(found?.data).installation);
  await changeRecord(
    client,
    'skerry-installation',
    JSON.stringify({ ...record, release: { ...record.release, digest } }),
  );
}

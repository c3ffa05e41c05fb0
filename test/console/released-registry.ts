import { join } from 'node:path';
import type { KubeClient } from '../../apply/client/client.ts';
import { generateKey, parseSigningKey } from '../../bundle/key.ts';
import { NOW, testChannel } from '../../channel/testing/channel.ts';
import { release } from '../../channel/testing/release.ts';
import { copyContent } from '../../content/copy/copy.ts';
import type { WritableStore } from '../../content/store.ts';
import { writeInstallation } from '../../installer/record/installation.ts';
import { lookAtChannel } from '../../installer/site-channel/site-channel.ts';
import { signedStore } from '../../installer/testing/signed-release.ts';
import { readOnlyAccess } from '../../registry/access/access.ts';
import { StorageReports } from '../../registry/report/storage-reports.ts';
import { serveRegistry } from '../../registry/server/serve.ts';
import { openServedStore } from '../../registry/store/open.ts';

/** A registry as a site has it: a store on the disk, with releases in it of which one is written down as installed. */
export interface ReleasedRegistry {
  readonly address: string;
  readonly store: WritableStore;
  readonly fingerprint: string;
  /** Digest of the installed release, and of an image that garbage collection would take. */
  readonly installed: string;
  readonly garbage: string;
  close(): Promise<void>;
}

/** Serves it from below a folder, and writes down in the cluster what an installer would have. */
export async function startReleasedRegistry(client: KubeClient, folder: string): Promise<ReleasedRegistry> {
  const store = await openServedStore(join(folder, 'registry'));
  const key = parseSigningKey(generateKey().privatePem, 'a key');
  const images = { web: 'web 1', db: 'db 1' };
  const one = await signedStore(key, { version: '1.0.0', images });
  const two = await signedStore(key, { version: '1.1.0', from: '^1.0.0' });
  for (const made of [one, two]) await copyContent(made.store, store, made.items);
  const gone = await signedStore(key, { version: '0.9.0', images: { gone: 'what nobody needs' } });
  await copyContent(gone.store, store, gone.items);
  const [image] = gone.release.images;
  if (image === undefined) throw new Error('the release has no image');
  await store.deleteTag(image.repository, image.tag);
  await install(client, one, key.publicKey);
  const storage = new StorageReports(store, { gcEvery: 86_400_000 });
  const served = await serveRegistry({
    ...{ store, access: readOnlyAccess, log: () => undefined, storage },
    listen: { host: '127.0.0.1', port: 0 },
  });
  return {
    address: `http://127.0.0.1:${served.port}`,
    store,
    fingerprint: key.publicKey.fingerprint,
    installed: one.digest,
    garbage: image.digest,
    close: async () => {
      await served.close({ drainMs: 100 });
      await storage.close();
      await store.close();
    },
  };
}

type Made = Awaited<ReturnType<typeof signedStore>>;

async function install(
  client: KubeClient,
  { release: { name, version }, digest }: Made,
  { fingerprint, pem }: { readonly fingerprint: string; readonly pem: string },
): Promise<void> {
  const named = { name, version, digest };
  const at = { startedAt: '2026-11-01T10:00:00.000Z', finishedAt: '2026-11-01T10:05:00.000Z' };
  await writeInstallation(client, {
    resourceVersion: undefined,
    installation: {
      ...{ version: 2, id: 'an-id', state: 'installed', release: named, key: { fingerprint, pem } },
      phases: [{ id: 'copy', state: 'done', by: 'ada@workstation', ...at }],
      ...{ components: [], address: 'node-port', namespaces: [], adopted: [] },
      history: [{ action: 'install', release: named, by: 'ada@workstation', outcome: 'done', ...at }],
    },
  });
  const channel = await testChannel(release('1.1.0'));
  const first = async () => await channel.firstState();
  await lookAtChannel({ client, id: 'an-id', source: channel.source, first, clock: NOW, remember: true });
}

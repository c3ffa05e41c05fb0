import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copyContent } from '../../../content/copy/copy.ts';
import { openLayout } from '../../../content/layout/layout.ts';
import { openRemote, type RemoteStore } from '../../../content/remote/store.ts';
import type { Manifest } from '../../../content/store.ts';
import { PROJECT } from '../../install/product.ts';
import { type LoggedRequest, serveRegistryOf } from '../process.ts';
import { must } from '../skerry-process.ts';
import { assertWhole } from '../whole-content.ts';
import type { Images } from './images.ts';

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** May do everything. */
export const FULL: Login = { user: 'ada', password: 'correct horse: battery' };
/** May pull from and push to `team/…`, and pull what is kept for the nodes' mirror of `secret.example`. */
export const LIMITED: Login = { user: 'team-robot', password: 'another password' };

/** What anybody may do who does not log in. */
export type Openness = 'everything' | 'pull' | 'nothing';

/** `skerry registry serve --store`, seen with the eyes of one who may do everything. */
export interface ServedStore extends AsyncDisposable {
  /** As clients name it: `localhost:PORT`. */
  readonly host: string;
  readonly store: RemoteStore;
  /** Puts an image there without a client's help. */
  seed(images: Images, image: Manifest, repository: string, tag: string): Promise<void>;
  /** A tag must hold just this manifest, byte for byte, and all below it. */
  assertHolds(repository: string, tag: string, manifest: Manifest): Promise<void>;
  /** The requests that were made while `act` ran. */
  during(act: () => Promise<unknown>): Promise<LoggedRequest[]>;
}

/** The program as it is in the sources, so that nothing needs to be built first. */
export const SKERRY = [process.execPath, join(PROJECT, 'skerry.ts')] as const;

/** Serves an empty store. Its scope fails when the registry ended by itself, or ever answered that it had failed. */
export async function serveStore(folder: string, openness: Openness = 'everything'): Promise<ServedStore> {
  await mkdir(folder, { recursive: true });
  const args = ['--store', join(folder, 'store'), ...(await accessArgs(folder, openness))];
  const registry = await serveRegistryOf(SKERRY, args, { requests: true });
  const { host, port, requests } = registry;
  const login = openness === 'everything' ? undefined : { username: FULL.user, password: FULL.password };
  const store = openRemote(host, { credentials: async () => login });
  return {
    host: `localhost:${port}`,
    store,
    seed: async (images, image, repository, tag) => {
      const item = { repository, reference: image.digest };
      await copyContent(await openLayout(images.folder), store, [item]);
      await store.writeManifest(repository, tag, image);
    },
    assertHolds: async (repository, tag, { digest, bytes, mediaType }) => {
      const held = await store.readManifest(repository, tag);
      assert.equal(held?.digest, digest, `${repository}:${tag}`);
      assert.equal(held.mediaType, mediaType);
      assert.ok(Buffer.from(bytes).equals(held.bytes));
      await assertWhole(store, repository, digest);
    },
    during: registry.during,
    [Symbol.asyncDispose]: async () => {
      await registry[Symbol.asyncDispose]();
      const failed = requests.filter(({ status }) => status >= 500);
      assert.deepEqual(failed, []);
    },
  };
}

/** What makes a registry as open as that; a users file, where there has to be one, is put into the folder. */
export async function accessArgs(folder: string, openness: Openness): Promise<string[]> {
  if (openness === 'everything') return [];
  const users = join(folder, 'users');
  const add = async ({ user, password }: Login, ...rules: string[]) => {
    const [node, program] = SKERRY;
    const args = ['registry', 'user', 'add', user, '--users', users, '--replace', ...rules];
    await must(node, [program, ...args], { input: password });
  };
  await add(FULL);
  await add(LIMITED, '--allow', 'team/**=pull,push', '--allow', 'secret.example/**=pull');
  return ['--users', users, ...(openness === 'pull' ? ['--anonymous-pull'] : [])];
}

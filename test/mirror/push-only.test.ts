import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { compareItems, copyItems } from '../../content/copy/copy-items.ts';
import { openLayout } from '../../content/layout/layout.ts';
import { openRemote } from '../../content/remote/store.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { readMirrorFile } from '../../mirror/file/mirror-file.ts';
import { planMirror } from '../../mirror/run/plan-mirror.ts';
import { runMirror } from '../../mirror/run/run-mirror.ts';
import { Locations } from '../../mirror/stores/open-location.ts';
import { registryOptions } from '../../mirror/stores/registry-options.ts';
import { putImage } from '../../mirror/testing/mirror-site.ts';
import { SKERRY } from '../registry/clients/served-store.ts';
import { serveRegistryOf } from '../registry/process.ts';
import { must } from '../registry/skerry-process.ts';

const LOGINS = { owner: 'a password of the owner', pusher: 'a password of the pusher' };

test('a login that may push but not pull moves no tag that was to be kept, and copies all the rest', async () => {
  const folder = await testFolder('push-only');
  const users = join(folder, 'users');
  const [node, program] = SKERRY;
  const add = async (user: keyof typeof LOGINS, ...rules: string[]) =>
    await must(node, [program, 'registry', 'user', 'add', user, '--users', users, ...rules], {
      input: LOGINS[user],
    });
  await add('owner');
  await add('pusher', '--allow', 'app=push');
  await using registry = await serveRegistryOf(SKERRY, ['--store', join(folder, 'store'), '--users', users]);
  const as = (username: keyof typeof LOGINS) => async () => ({ username, password: LOGINS[username] });
  const target = openRemote(registry.host, { credentials: as('owner') });
  await mkdir(join(folder, 'source'));
  const source = await openLayout(join(folder, 'source'), { create: true });
  const before = await putImage(target, 'app', 'latest', 'before');
  const after = await putImage(source, 'app', 'latest', 'after');
  const path = join(folder, 'mirror.yaml');
  const contextWith = async (job: object) => {
    const jobs = [{ name: 'job', from: 'source', to: `http://${registry.host}`, ...job }];
    await writeFile(path, stringify({ apiVersion: 'skerry.dev/v1', kind: 'Mirror', name: 'x', jobs }));
    const file = await readMirrorFile(path);
    const registries = await registryOptions(file, { credentials: as('pusher') });
    const locations = new Locations(registries, async () => undefined);
    const charts = async () => assert.fail('there are no charts');
    return { file, engine: { compareItems, copyItems }, locations, charts };
  };
  const careful = await contextWith({ backup: '{tag}-before-{digest}' });
  const [plan] = await planMirror(careful, { costs: false });
  assert.deepEqual([plan?.failed, plan?.failures[0]?.code], [1, 'MIRROR_BACKUP_UNSEEN']);
  const [refused] = await runMirror(careful);
  assert.deepEqual([refused?.done, refused?.failures[0]?.code], [0, 'MIRROR_BACKUP_UNSEEN']);
  assert.equal((await target.resolveManifest('app', 'latest'))?.digest, before.digest);
  const [made] = await runMirror(await contextWith({}));
  assert.deepEqual([made?.done, made?.failures], [1, []]);
  assert.equal((await target.resolveManifest('app', 'latest'))?.digest, after.digest);
  await target.close();
});

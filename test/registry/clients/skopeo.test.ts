import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { digestOf } from '../../../content/digest.ts';
import { openLayout } from '../../../content/layout/layout.ts';
import { parseManifest } from '../../../content/manifest.ts';
import { MediaType } from '../../../content/media-type.ts';
import { assertWhole } from '../whole-content.ts';
import { testAccess } from './access.ts';
import { type ServedStore, serveStore } from './served-store.ts';
import { openSite, type Runner, type Site } from './site.ts';

const FROM_PLAIN = '--src-tls-verify=false';
const TO_PLAIN = '--dest-tls-verify=false';
const ALL = ['--all', '--preserve-digests'] as const;
const Tags = z.object({ Tags: z.array(z.string()) });

let site: Site<never>;
let registry: ServedStore;
let run: Runner;
const skopeo = (...args: string[]) => run('skopeo', ...args);
const copy = (...args: string[]) => skopeo('copy', ...args);
const at = (name: string, served = registry) => `docker://${served.host}/${name}`;

before(async () => {
  site = await openSite([]);
  registry = site.registry;
  run = await site.newcomer();
});

after(async () => await site?.[Symbol.asyncDispose]());

describe('skopeo', () => {
  for (const name of ['app', 'docker', 'large'] as const) {
    test(`pulls and pushes "${name}" for all platforms, byte for byte`, async () => {
      const image = site.images[name];
      await registry.seed(site.images, image, `skopeo/seed-${name}`, '1');
      const folder = join(run.home, name);
      await copy(...ALL, FROM_PLAIN, at(`skopeo/seed-${name}:1`), `dir:${folder}`);
      assert.equal(digestOf(await readFile(join(folder, 'manifest.json'))), image.digest);
      await using other = await serveStore(join(site.folder, `other-${name}`));
      await copy(...ALL, TO_PLAIN, `dir:${folder}`, at('skopeo/pushed:1', other));
      await other.assertHolds('skopeo/pushed', '1', image);
      const raw = await skopeo('inspect', '--tls-verify=false', '--raw', at('skopeo/pushed:1', other));
      assert.equal(raw, image.bytes.toString());
    });
  }

  test('pulls all platforms into a layout', async () => {
    await registry.seed(site.images, site.images.app, 'skopeo/layout', '1');
    const folder = join(run.home, 'layout');
    await copy(...ALL, FROM_PLAIN, at('skopeo/layout:1'), `oci:${folder}:app:1`);
    assert.equal((await assertWhole(await openLayout(folder), 'app', site.images.app.digest)).length, 5);
  });

  // It sends the configurations anew and mounts the rest.
  test('copies to another repository without sending a layer', async () => {
    await registry.seed(site.images, site.images.app, 'skopeo/source', '1');
    const repository = 'skopeo/elsewhere/deep';
    const requests = await registry.during(() =>
      copy(...ALL, FROM_PLAIN, TO_PLAIN, at('skopeo/source:1'), at(`${repository}:2`)),
    );
    const uploads = requests.filter(({ method, status }) => method === 'PUT' && status === 201);
    const configs = uploads.filter(({ path }) => path.includes('/blobs/uploads/'));
    assert.equal(configs.length, parseManifest(site.images.app, 'app').manifests.length);
    await registry.assertHolds(repository, '2', site.images.app);
  });

  test('copies an image without the layer that may not be given on', async () => {
    await registry.seed(site.images, site.images.windows, 'skopeo/windows', '1');
    await copy(...ALL, FROM_PLAIN, TO_PLAIN, at('skopeo/windows:1'), at('skopeo/windows-copy:1'));
    await registry.assertHolds('skopeo/windows-copy', '1', site.images.windows);
  });

  test("pushes what it makes of an image in Docker's own types, and the list of them", async () => {
    const source = `oci:${site.images.folder}:large:1`;
    await copy('--all', '--format', 'v2s2', TO_PLAIN, source, at('skopeo/made:1'));
    const made = await registry.store.readManifest('skopeo/made', '1');
    assert.equal(made?.mediaType, MediaType.dockerList);
    const [, ...children] = await assertWhole(registry.store, 'skopeo/made', made.digest);
    assert.equal(children.length, 2);
    for (const child of children) {
      const manifest = await registry.store.readManifest('skopeo/made', child);
      assert.equal(manifest?.mediaType, MediaType.dockerManifest);
    }
  });

  test('pushes an archive of docker save, and pulls one', async () => {
    const platform = ['--override-os', 'linux', '--override-arch', 'arm64', '--override-variant', 'v8'];
    const [archive, pulled] = [join(run.home, 'saved.tar'), join(run.home, 'pulled.tar')];
    await registry.seed(site.images, site.images.docker, 'skopeo/archived', '1');
    await copy(...platform, FROM_PLAIN, at('skopeo/archived:1'), `docker-archive:${archive}:docker:1`);
    await copy(TO_PLAIN, `docker-archive:${archive}`, at('skopeo/archive:1'));
    const pushed = await registry.store.readManifest('skopeo/archive', '1');
    assert.equal(pushed?.mediaType, MediaType.dockerManifest);
    await assertWhole(registry.store, 'skopeo/archive', pushed.digest);
    await copy(...platform, FROM_PLAIN, at('skopeo/archive:1'), `docker-archive:${pulled}:docker:1`);
    const config = (path: string) => skopeo('inspect', '--config', '--raw', `docker-archive:${path}`);
    assert.equal(await config(pulled), await config(archive));
  });

  test('inspects one platform and lists the tags', async () => {
    for (const tag of ['1', '2']) await registry.seed(site.images, site.images.app, 'skopeo/read', tag);
    const platform = ['--override-os', 'linux', '--override-arch', 'amd64'];
    const inspected = await skopeo(...platform, 'inspect', '--tls-verify=false', at('skopeo/read:2'));
    assert.equal(JSON.parse(inspected).Digest, site.images.app.digest);
    assert.equal(JSON.parse(inspected).Architecture, 'amd64');
    const listed = await skopeo('list-tags', '--tls-verify=false', at('skopeo/read'));
    assert.deepEqual(Tags.parse(JSON.parse(listed)).Tags, ['1', '2']);
  });

  test('takes all tags of a repository to another place', async () => {
    for (const tag of ['1', '2']) await registry.seed(site.images, site.images.docker, 'skopeo/synced', tag);
    const from = ['--src', 'docker', FROM_PLAIN, `${registry.host}/skopeo/synced`];
    const to = ['--dest', 'docker', TO_PLAIN, `${registry.host}/mirror`];
    await skopeo('sync', ...ALL, ...from.slice(0, 3), ...to.slice(0, 3), from[3] ?? '', to[3] ?? '');
    for (const tag of ['1', '2']) await registry.assertHolds('mirror/synced', tag, site.images.docker);
  });

  test('deletes an image with all its tags', async () => {
    const { docker, app } = site.images;
    for (const tag of ['1', '2']) await registry.seed(site.images, docker, 'skopeo/deleted', tag);
    await registry.seed(site.images, app, 'skopeo/deleted', 'kept');
    await skopeo('delete', '--tls-verify=false', at('skopeo/deleted:1'));
    assert.deepEqual(await registry.store.listTags('skopeo/deleted'), ['kept']);
    assert.equal(await registry.store.readManifest('skopeo/deleted', docker.digest), undefined);
    await registry.assertHolds('skopeo/deleted', 'kept', app);
  });

  testAccess(() => site, {
    checksLogin: true,
    login: (as, host, { user, password }) => {
      const login = ['login', '--tls-verify=false', '-u', user, '--password-stdin', host];
      return as.with({ input: password })('skopeo', ...login);
    },
    push: (as, served, repository) => {
      const source = `oci:${site.images.folder}:app:1`;
      return as('skopeo', 'copy', ...ALL, TO_PLAIN, source, at(`${repository}:1`, served));
    },
    pull: (as, served, repository) => {
      const target = `dir:${join(as.home, 'pulled')}`;
      return as('skopeo', 'copy', ...ALL, FROM_PLAIN, at(`${repository}:1`, served), target);
    },
    copy: (as, served, from, to) =>
      as('skopeo', 'copy', ...ALL, FROM_PLAIN, TO_PLAIN, at(`${from}:1`, served), at(`${to}:1`, served)),
    assertPushed: (served, repository) => served.assertHolds(repository, '1', site.images.app),
  });
});

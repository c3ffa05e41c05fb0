import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseDigest } from '../../../content/digest.ts';
import { openLayout } from '../../../content/layout/layout.ts';
import { parseManifest } from '../../../content/manifest.ts';
import { MediaType } from '../../../content/media-type.ts';
import { assertWhole } from '../whole-content.ts';
import { testAccess } from './access.ts';
import { assertMounted } from './assert-mounted.ts';
import { layoutOf } from './images.ts';
import { openSite, type Runner, type Site } from './site.ts';

let site: Site<'crane'>;
let host: string;
let run: Runner;
const crane = (...args: string[]) => run(site.programs.crane, ...args);

before(async () => {
  site = await openSite(['crane']);
  host = site.registry.host;
  run = await site.newcomer();
});

after(async () => await site?.[Symbol.asyncDispose]());

describe('crane', () => {
  for (const name of ['app', 'nested', 'large'] as const) {
    test(`pushes and pulls the index "${name}" with all that it names`, async () => {
      const image = site.images[name];
      const target = `${host}/crane/${name}:1`;
      await crane('push', '--index', await layoutOf(site.images, image), target);
      await site.registry.assertHolds(`crane/${name}`, '1', image);
      assert.equal(await crane('digest', target), image.digest);
      assert.equal(await crane('manifest', target), image.bytes.toString());
      const folder = join(run.home, name);
      await crane('pull', '--format=oci', target, folder);
      await assertWhole(await openLayout(folder), name, image.digest);
    });
  }

  for (const name of ['app', 'nested', 'docker', 'windows'] as const) {
    test(`copies "${name}" to another repository, byte for byte, without sending a blob`, async () => {
      const image = site.images[name];
      await site.registry.seed(site.images, image, `from/${name}`, '1');
      const copy = () => crane('copy', `${host}/from/${name}:1`, `${host}/to/${name}:2`);
      assertMounted(await site.registry.during(copy));
      await site.registry.assertHolds(`to/${name}`, '2', image);
    });
  }

  test('finds nothing wrong in what it checks byte by byte', async () => {
    for (const name of ['docker', 'large'] as const) {
      await site.registry.seed(site.images, site.images[name], `check/${name}`, '1');
      assert.match(await crane('validate', '--remote', `${host}/check/${name}:1`), /^PASS/);
    }
  });

  test("pushes Docker's own manifests, and a list that it makes of them", async () => {
    await site.registry.seed(site.images, site.images.docker, 'crane/docker', '1');
    const archive = join(run.home, 'docker.tar');
    await crane('pull', '--platform=linux/amd64', `${host}/crane/docker:1`, archive);
    await crane('push', archive, `${host}/crane/archive:1`);
    const pushed = await site.registry.store.readManifest('crane/archive', '1');
    assert.equal(pushed?.mediaType, MediaType.dockerManifest);
    await assertWhole(site.registry.store, 'crane/archive', pushed.digest);
    const [amd64, arm64] = parseManifest(site.images.docker, 'docker').manifests;
    const parts = [amd64, arm64].flatMap((entry) => ['-m', `${host}/crane/docker@${entry?.digest}`]);
    await crane('index', 'append', '--docker-empty-base', '-t', `${host}/crane/docker:list`, ...parts);
    const list = await site.registry.store.readManifest('crane/docker', 'list');
    assert.equal(list?.mediaType, MediaType.dockerList);
    assert.equal((await assertWhole(site.registry.store, 'crane/docker', list.digest)).length, 3);
    const listed = await crane('index', 'list', `${host}/crane/docker:list`);
    for (const entry of [amd64, arm64]) assert.ok(listed.includes(String(entry?.digest)), listed);
  });

  test('appends a layer to an image and changes it where it is', async () => {
    await site.registry.seed(site.images, site.images.docker, 'crane/changed', '1');
    const layer = join(run.home, 'changed.tar');
    await crane('pull', '--platform=linux/amd64', `${host}/crane/changed:1`, layer);
    const platform = '--platform=linux/amd64';
    const base = ['-b', `${host}/crane/changed:1`, platform];
    await crane('append', ...base, '-f', layer, '-t', `${host}/crane/changed:2`);
    await crane('mutate', '--label', 'a=b', '-t', `${host}/crane/changed:3`, `${host}/crane/changed:2`);
    const config = JSON.parse(await crane('config', `${host}/crane/changed:3`));
    assert.equal(config.config.Labels.a, 'b');
    assert.equal(config.rootfs.diff_ids.length, 2);
    const digest = parseDigest(await crane('digest', `${host}/crane/changed:3`));
    await assertWhole(site.registry.store, 'crane/changed', digest);
  });

  test('lists tags and repositories', async () => {
    for (const tag of ['1', '2', 'latest'])
      await site.registry.seed(site.images, site.images.docker, 'crane/listed', tag);
    await crane('tag', `${host}/crane/listed:1`, 'three');
    assert.equal(await crane('ls', `${host}/crane/listed`), '1\n2\nlatest\nthree');
    assert.match(await crane('catalog', host), /^crane\/listed$/m);
    await crane('copy', '--all-tags', `${host}/crane/listed`, `${host}/crane/all-tags`);
    assert.equal(await crane('ls', `${host}/crane/all-tags`), '1\n2\nlatest\nthree');
  });

  test('reads a single blob', async () => {
    const { app } = site.images;
    await site.registry.seed(site.images, app, 'crane/blob', '1');
    const [first] = parseManifest(app, 'app').manifests;
    const image = await site.registry.store.readManifest('crane/blob', String(first?.digest));
    assert.ok(image !== undefined);
    const { config } = parseManifest(image, 'image');
    const blob = JSON.parse(await crane('blob', `${host}/crane/blob@${config?.digest}`));
    assert.equal(blob.architecture, 'amd64');
  });

  test('deletes a tag, and then a manifest with all its tags', async () => {
    const { docker } = site.images;
    for (const tag of ['1', '2', '3']) await site.registry.seed(site.images, docker, 'crane/deleted', tag);
    await crane('delete', `${host}/crane/deleted:1`);
    assert.deepEqual(await site.registry.store.listTags('crane/deleted'), ['2', '3']);
    await site.registry.assertHolds('crane/deleted', '2', docker);
    await crane('delete', `${host}/crane/deleted@${docker.digest}`);
    assert.deepEqual(await site.registry.store.listTags('crane/deleted'), []);
    await assert.rejects(crane('digest', `${host}/crane/deleted@${docker.digest}`), /404/);
  });

  testAccess(() => site, {
    checksLogin: false,
    login: (as, at, { user, password }) => {
      const login = ['auth', 'login', '-u', user, '--password-stdin', at];
      return as.with({ input: password })(site.programs.crane, ...login);
    },
    push: async (as, served, repository) => {
      const folder = await layoutOf(site.images, site.images.app);
      await as(site.programs.crane, 'push', '--index', folder, `${served.host}/${repository}:1`);
    },
    pull: (as, served, repository) => {
      const to = join(as.home, 'pulled');
      return as(site.programs.crane, 'pull', '--format=oci', `${served.host}/${repository}:1`, to);
    },
    copy: (as, served, from, to) =>
      as(site.programs.crane, 'copy', `${served.host}/${from}:1`, `${served.host}/${to}:1`),
    assertPushed: (served, repository) => served.assertHolds(repository, '1', site.images.app),
  });
});

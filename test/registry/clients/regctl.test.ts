import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { digestOf, parseDigest } from '../../../content/digest.ts';
import { openLayout } from '../../../content/layout/layout.ts';
import { parseManifest } from '../../../content/manifest.ts';
import { MediaType } from '../../../content/media-type.ts';
import { assertWhole } from '../whole-content.ts';
import { testAccess } from './access.ts';
import { assertMounted } from './assert-mounted.ts';
import { openCuttingProxy } from './cutting-proxy.ts';
import { LARGE_BYTES } from './images.ts';
import { type ServedStore, serveStore } from './served-store.ts';
import { openSite, type Runner, type Site } from './site.ts';

const Descriptors = z.object({
  descriptors: z.array(z.object({ artifactType: z.string(), digest: z.string() })),
});

let site: Site<'regctl'>;
let registry: ServedStore;
let run: Runner;
const as =
  (user: Runner, served = registry) =>
  (...args: string[]) =>
    user(site.programs.regctl, '--host', `reg=${served.host},tls=disabled`, ...args);
const regctl = (...args: string[]) => as(run)(...args);
const at = (name: string) => `${registry.host}/${name}`;

before(async () => {
  site = await openSite(['regctl']);
  registry = site.registry;
  run = await site.newcomer();
});

after(async () => await site?.[Symbol.asyncDispose]());

describe('regctl', () => {
  for (const name of ['app', 'nested', 'docker', 'windows', 'large'] as const) {
    test(`pushes and pulls "${name}" with all that it names, byte for byte`, async () => {
      const image = site.images[name];
      const source = `ocidir://${site.images.folder}@${image.digest}`;
      await regctl('image', 'copy', '--force-recursive', source, at(`regctl/${name}:1`));
      await registry.assertHolds(`regctl/${name}`, '1', image);
      assert.equal(await regctl('manifest', 'head', at(`regctl/${name}:1`)), image.digest);
      const raw = ['manifest', 'get', '--format', 'raw-body', at(`regctl/${name}:1`)];
      assert.equal(await regctl(...raw), image.bytes.toString());
      const folder = join(run.home, name);
      await regctl('image', 'copy', at(`regctl/${name}:1`), `ocidir://${folder}:1`);
      await assertWhole(await openLayout(folder), name, image.digest);
    });
  }

  test('copies to another repository without sending a blob', async () => {
    await registry.seed(site.images, site.images.nested, 'regctl/source', '1');
    const copy = () => regctl('image', 'copy', at('regctl/source:1'), at('regctl/elsewhere:2'));
    assertMounted(await registry.during(copy));
    await registry.assertHolds('regctl/elsewhere', '2', site.images.nested);
  });

  test('sends a blob in chunks, and goes on after connections that broke', async () => {
    await using served = await serveStore(join(site.folder, 'chunked'));
    await using proxy = await openCuttingProxy(served.host, 60_000_000);
    const user = await site.newcomer();
    const settings = ['--tls', 'disabled', '--blob-chunk', '1000000', '--blob-max', '1', '--skip-check'];
    await user(site.programs.regctl, 'registry', 'set', ...settings, proxy.host);
    const source = `ocidir://${site.images.folder}@${site.images.large.digest}`;
    const requests = await served.during(() =>
      user(site.programs.regctl, 'image', 'copy', source, `${proxy.host}/regctl/chunked:1`),
    );
    const chunks = requests.filter(({ method }) => method === 'PATCH').map(({ status }) => status);
    assert.ok(chunks.filter((status) => status === 202).length >= LARGE_BYTES / 1_000_000);
    assert.ok(proxy.cuts >= 1, `${proxy.cuts} connections were cut`);
    await served.assertHolds('regctl/chunked', '1', site.images.large);
    const folder = join(user.home, 'pulled');
    const cutsBefore = proxy.cuts;
    await user(
      site.programs.regctl,
      'image',
      'copy',
      `${proxy.host}/regctl/chunked:1`,
      `ocidir://${folder}:1`,
    );
    assert.ok(proxy.cuts > cutsBefore, 'connections were cut on the way back too');
    await assertWhole(await openLayout(folder), 'any', site.images.large.digest);
  });

  test('pushes, finds, gets and deletes a single blob', async () => {
    const content = 'a blob by itself';
    const put = run.with({ input: content });
    const digest = await as(put)('blob', 'put', at('regctl/blob'));
    assert.equal(digest, digestOf(content));
    assert.equal(await regctl('blob', 'get', at('regctl/blob'), digest), content);
    await regctl('blob', 'copy', at('regctl/blob'), at('regctl/blob-copy'), digest);
    assert.match(await regctl('blob', 'head', at('regctl/blob-copy'), digest), /200|Content-Length: 16/i);
    await regctl('blob', 'delete', at('regctl/blob-copy'), digest);
    await assert.rejects(regctl('blob', 'head', at('regctl/blob-copy'), digest), /not found|404/i);
    assert.equal(await regctl('blob', 'get', at('regctl/blob'), digest), content);
  });

  test('attaches artifacts, filters them by type, gets and copies them', async () => {
    await registry.seed(site.images, site.images.app, 'regctl/subject', '1');
    const subject = at('regctl/subject:1');
    for (const type of ['example/note', 'example/sbom']) {
      const put = ['artifact', 'put', '--artifact-type', type, '--subject', subject];
      await as(run.with({ input: `${type} of it` }))(...put);
    }
    const list = async (image: string, ...more: string[]) => {
      const listed = await regctl('artifact', 'list', '--format', '{{json .}}', ...more, image);
      const { descriptors } = Descriptors.parse(JSON.parse(listed));
      return descriptors.map(({ artifactType }) => artifactType).sort();
    };
    assert.deepEqual(await list(subject), ['example/note', 'example/sbom']);
    const filter = ['--filter-artifact-type', 'example/sbom'];
    assert.deepEqual(await list(subject, ...filter), ['example/sbom']);
    const got = await regctl('artifact', 'get', '--subject', subject, ...filter);
    assert.equal(got, 'example/sbom of it');
    await regctl('image', 'copy', '--referrers', subject, at('regctl/with-referrers:1'));
    assert.deepEqual(await list(at('regctl/with-referrers:1')), ['example/note', 'example/sbom']);
    assert.match(await regctl('artifact', 'tree', subject), /example\/note/);
    const folder = join(run.home, 'with-referrers');
    await regctl('image', 'copy', '--referrers', subject, `ocidir://${folder}:1`);
    await assertWhole(await openLayout(folder), 'any', site.images.app.digest);
  });

  test('makes an index of what is there, and an image with SHA-512 digests', async () => {
    await registry.seed(site.images, site.images.docker, 'regctl/made', '1');
    const platforms = ['--platform', 'linux/amd64', '--platform', 'linux/arm64'];
    const list = ['--media-type', MediaType.dockerList];
    await regctl(
      'index',
      'create',
      '--ref',
      at('regctl/made:1'),
      ...platforms,
      ...list,
      at('regctl/made:list'),
    );
    const made = await registry.store.readManifest('regctl/made', 'list');
    assert.equal(made?.mediaType, MediaType.dockerList);
    assert.equal((await assertWhole(registry.store, 'regctl/made', made.digest)).length, 3);
    await regctl('image', 'mod', at('regctl/made:1'), '--to-oci', '--create', at('regctl/made:oci'));
    await regctl(
      'image',
      'mod',
      at('regctl/made:oci'),
      '--digest-algo',
      'sha512',
      '--create',
      at('regctl/made:512'),
    );
    const digest = parseDigest(await regctl('manifest', 'head', at('regctl/made:512')));
    assert.match(digest, /^sha512:/);
    assert.equal((await assertWhole(registry.store, 'regctl/made', digest)).length, 3);
  });

  test('exports and imports an archive that docker loads', async () => {
    await registry.seed(site.images, site.images.docker, 'regctl/exported', '1');
    const archive = join(run.home, 'exported.tar');
    await regctl('image', 'export', at('regctl/exported:1'), archive);
    await regctl('image', 'import', at('regctl/imported:1'), archive);
    await registry.assertHolds('regctl/imported', '1', site.images.docker);
  });

  test('pushes a manifest by itself', async () => {
    await registry.seed(site.images, site.images.docker, 'regctl/put', '1');
    const { bytes, mediaType, digest } = site.images.docker;
    const put = as(run.with({ input: Buffer.from(bytes).toString() }));
    await put('manifest', 'put', '--content-type', mediaType, at('regctl/put:again'));
    await registry.assertHolds('regctl/put', 'again', site.images.docker);
    const [first] = parseManifest(site.images.docker, digest).manifests;
    const platform = ['--platform', 'linux/amd64'];
    assert.equal(await regctl('manifest', 'head', ...platform, at('regctl/put:again')), first?.digest);
  });

  test('lists tags and repositories a page at a time, and copies all tags', async () => {
    for (const tag of ['a', 'b', 'c', 'd'])
      await registry.seed(site.images, site.images.docker, 'regctl/listed', tag);
    assert.equal(await regctl('tag', 'ls', at('regctl/listed')), 'a\nb\nc\nd');
    assert.equal(await regctl('tag', 'ls', '--limit', '2', '--last', 'a', at('regctl/listed')), 'b\nc');
    await regctl('repo', 'copy', at('regctl/listed'), at('regctl/listed-copy'));
    assert.equal(await regctl('tag', 'ls', at('regctl/listed-copy')), 'a\nb\nc\nd');
    const page = await regctl('repo', 'ls', '--limit', '1', '--last', 'regctl/listed', registry.host);
    assert.equal(page, 'regctl/listed-copy');
  });

  test('deletes a tag and leaves what it pointed at, and deletes a manifest', async () => {
    const { docker } = site.images;
    for (const tag of ['1', '2', '3']) await registry.seed(site.images, docker, 'regctl/deleted', tag);
    await regctl('tag', 'delete', at('regctl/deleted:1'));
    assert.deepEqual(await registry.store.listTags('regctl/deleted'), ['2', '3']);
    await regctl('manifest', 'delete', at(`regctl/deleted@${docker.digest}`));
    assert.deepEqual(await registry.store.listTags('regctl/deleted'), []);
    assert.equal(await registry.store.readManifest('regctl/deleted', docker.digest), undefined);
  });

  testAccess(() => site, {
    checksLogin: true,
    login: (user, host, login) => {
      const args = ['registry', 'login', '-u', login.user, '--pass-stdin', host];
      const plain = ['--host', `reg=${host},tls=disabled`];
      return user.with({ input: login.password })(site.programs.regctl, ...plain, ...args);
    },
    push: (user, served, repository) => {
      const source = `ocidir://${site.images.folder}@${site.images.app.digest}`;
      return as(user, served)('image', 'copy', source, `${served.host}/${repository}:1`);
    },
    pushSmall: (user, served, repository) =>
      as(user.with({ input: 'small' }), served)('blob', 'put', `${served.host}/${repository}`),
    pull: (user, served, repository) => {
      const target = `ocidir://${join(user.home, 'pulled')}:1`;
      return as(user, served)('image', 'copy', `${served.host}/${repository}:1`, target);
    },
    copy: (user, served, from, to) =>
      as(user, served)('image', 'copy', `${served.host}/${from}:1`, `${served.host}/${to}:1`),
    assertPushed: (served, repository) => served.assertHolds(repository, '1', site.images.app),
  });
});

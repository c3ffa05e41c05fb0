import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { DigestSchema } from '../../../content/descriptor.ts';
import { openLayout } from '../../../content/layout/layout.ts';
import { parseManifest } from '../../../content/manifest.ts';
import { assertWhole } from '../whole-content.ts';
import { testAccess } from './access.ts';
import { assertMounted } from './assert-mounted.ts';
import { type ServedStore, serveStore } from './served-store.ts';
import { openSite, type Runner, type Site } from './site.ts';

const PLAIN = '--plain-http';
const BOTH = ['--from-plain-http', '--to-plain-http'] as const;
const Found = z.object({
  referrers: z.array(z.looseObject({ artifactType: z.string(), digest: DigestSchema })).nullable(),
});
const Pushed = z.looseObject({ digest: DigestSchema });

let site: Site<'oras'>;
let registry: ServedStore;
let run: Runner;
const oras = (...args: string[]) => run(site.programs.oras, ...args);
const at = (name: string, served = registry) => `${served.host}/${name}`;
const fromLayout = (name: string) => ['--from-oci-layout-path', site.images.folder, name];

before(async () => {
  site = await openSite(['oras']);
  registry = site.registry;
  run = await site.newcomer();
});

after(async () => await site?.[Symbol.asyncDispose]());

async function discover(image: string, ...more: string[]) {
  const found = await oras('discover', PLAIN, '--format', 'json', '--depth', '1', ...more, image);
  return Found.parse(JSON.parse(found)).referrers ?? [];
}

describe('oras', () => {
  for (const name of ['app', 'nested', 'docker', 'windows', 'large'] as const) {
    test(`pushes and pulls "${name}" with all that it names, byte for byte`, async () => {
      const image = site.images[name];
      await oras('cp', ...fromLayout(`${name}:1`), '--to-plain-http', at(`oras/${name}:1`));
      await registry.assertHolds(`oras/${name}`, '1', image);
      assert.equal(await oras('resolve', PLAIN, at(`oras/${name}:1`)), image.digest);
      assert.equal(await oras('manifest', 'fetch', PLAIN, at(`oras/${name}:1`)), image.bytes.toString());
      const folder = join(run.home, name);
      await oras('cp', '--from-plain-http', at(`oras/${name}:1`), '--to-oci-layout-path', folder, 'any:1');
      await assertWhole(await openLayout(folder), name, image.digest);
    });
  }

  test('copies to another repository without sending a blob', async () => {
    await registry.seed(site.images, site.images.app, 'oras/source', '1');
    const copy = () => oras('cp', ...BOTH, at('oras/source:1'), at('oras/elsewhere:2'));
    assertMounted(await registry.during(copy));
    await registry.assertHolds('oras/elsewhere', '2', site.images.app);
  });

  test('takes one platform out of an index', async () => {
    await registry.seed(site.images, site.images.app, 'oras/platforms', '1');
    const copy = ['cp', ...BOTH, '--platform', 'linux/arm64/v8', at('oras/platforms:1'), at('oras/arm64:1')];
    await oras(...copy);
    const { manifests } = parseManifest(site.images.app, 'app');
    const arm64 = manifests.find(({ platform }) => platform?.architecture === 'arm64');
    assert.equal(await oras('resolve', PLAIN, at('oras/arm64:1')), arm64?.digest);
  });

  test('pushes files and pulls them, also a large and an empty one', async () => {
    const files = { 'small.txt': 'small', 'large.bin': 'x'.repeat(100_000_000), 'empty.txt': '' };
    for (const [name, content] of Object.entries(files)) await writeFile(join(run.home, name), content);
    const names = Object.keys(files).map((name) => `${name}:text/plain`);
    await oras('push', PLAIN, '--artifact-type', 'example/files', at('oras/files:1,latest'), ...names);
    await oras('pull', PLAIN, '-o', 'pulled', at('oras/files:latest'));
    for (const [name, content] of Object.entries(files)) {
      assert.ok((await readFile(join(run.home, 'pulled', name), 'utf8')) === content, name);
    }
  });

  test('attaches artifacts and finds them by type, level below level', async () => {
    await registry.seed(site.images, site.images.app, 'oras/subject', '1');
    await writeFile(join(run.home, 'note.txt'), 'a note');
    const attach = async (type: string, image: string, ...more: string[]) => {
      const attached = ['attach', PLAIN, '--format', 'json', '--artifact-type', type, ...more];
      return Pushed.parse(JSON.parse(await oras(...attached, image, 'note.txt'))).digest;
    };
    const subject = at('oras/subject:1');
    const note = await attach('example/note', subject);
    const sbom = await attach('example/sbom', subject);
    const signature = await attach('example/signature', at(`oras/subject@${sbom}`));
    const onArm = await attach('example/note', subject, '--platform', 'linux/arm64/v8');
    const digests = (found: readonly { digest: string }[]) => found.map(({ digest }) => digest).sort();
    assert.deepEqual(digests(await discover(subject)), [note, sbom].sort());
    assert.deepEqual(digests(await discover(subject, '--artifact-type', 'example/sbom')), [sbom]);
    assert.deepEqual(digests(await discover(subject, '--artifact-type', 'example/none')), []);
    assert.deepEqual(digests(await discover(at(`oras/subject@${sbom}`))), [signature]);
    assert.deepEqual(digests(await discover(subject, '--platform', 'linux/arm64/v8')), [onArm]);
    await oras('cp', '-r', ...BOTH, subject, at('oras/subject-copy:1'));
    assert.deepEqual(digests(await discover(at('oras/subject-copy:1'))), [note, sbom].sort());
    assert.deepEqual(digests(await discover(at(`oras/subject-copy@${sbom}`))), [signature]);
  });

  test('attaches by the tag scheme of older clients, which is found as well', async () => {
    await registry.seed(site.images, site.images.docker, 'oras/older', '1');
    await writeFile(join(run.home, 'older.txt'), 'an older note');
    const scheme = ['--distribution-spec', 'v1.1-referrers-tag'];
    await oras('attach', PLAIN, ...scheme, '--artifact-type', 'example/old', at('oras/older:1'), 'older.txt');
    const tag = site.images.docker.digest.replace(':', '-');
    assert.deepEqual(await registry.store.listTags('oras/older'), ['1', tag]);
    const types = async (...more: string[]) =>
      (await discover(at('oras/older:1'), ...more)).map(({ artifactType }) => artifactType);
    assert.deepEqual(await types(...scheme), ['example/old']);
    assert.deepEqual(await types(), ['example/old']);
  });

  test('pushes single blobs and manifests, an index of them, and tags', async () => {
    await writeFile(join(run.home, 'blob'), 'a blob');
    await writeFile(join(run.home, 'config.json.blob'), '{}');
    const push = async (file: string, type: string) =>
      JSON.parse(
        await oras('blob', 'push', PLAIN, '--descriptor', '--media-type', type, at('oras/by-hand'), file),
      );
    const layer = await push('blob', 'text/plain');
    const config = await push('config.json.blob', 'application/vnd.oci.empty.v1+json');
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = {
      schemaVersion: 2,
      mediaType,
      artifactType: 'example/by-hand',
      config,
      layers: [layer],
    };
    await writeFile(join(run.home, 'manifest.json'), JSON.stringify(manifest));
    await oras('manifest', 'push', PLAIN, at('oras/by-hand:1'), 'manifest.json');
    await oras('tag', PLAIN, at('oras/by-hand:1'), '2', '3');
    await oras('manifest', 'index', 'create', PLAIN, at('oras/by-hand:index'), '1');
    assert.deepEqual(await registry.store.listTags('oras/by-hand'), ['1', '2', '3', 'index']);
    const index = await registry.store.readManifest('oras/by-hand', 'index');
    assert.ok(index !== undefined);
    assert.equal((await assertWhole(registry.store, 'oras/by-hand', index.digest)).length, 2);
    const blob = ['blob', 'fetch', PLAIN, '--output', '-', at(`oras/by-hand@${layer.digest}`)];
    assert.equal(await oras(...blob), 'a blob');
  });

  test('lists tags and repositories', async () => {
    for (const tag of ['a', 'b', 'c'])
      await registry.seed(site.images, site.images.docker, 'oras/listed', tag);
    assert.equal(await oras('repo', 'tags', PLAIN, at('oras/listed')), 'a\nb\nc');
    assert.equal(await oras('repo', 'tags', PLAIN, '--last', 'a', at('oras/listed')), 'b\nc');
    assert.match(await oras('repo', 'ls', PLAIN, registry.host), /^oras\/listed$/m);
  });

  test('backs a repository up and restores it in another registry', async () => {
    await registry.seed(site.images, site.images.nested, 'oras/kept', '1');
    await writeFile(join(run.home, 'kept.txt'), 'kept');
    await oras('attach', PLAIN, '--artifact-type', 'example/kept', at('oras/kept:1'), 'kept.txt');
    await oras('backup', PLAIN, '--include-referrers', '--output', 'kept.tar', at('oras/kept:1'));
    await using other = await serveStore(join(site.folder, 'restored'));
    await oras('restore', PLAIN, '--input', 'kept.tar', at('oras/restored:1', other));
    await other.assertHolds('oras/restored', '1', site.images.nested);
    assert.equal((await discover(at('oras/restored:1', other)))[0]?.artifactType, 'example/kept');
  });

  test('deletes a manifest with its tags, a referrer, and a blob', async () => {
    const { docker, app } = site.images;
    for (const tag of ['1', '2']) await registry.seed(site.images, docker, 'oras/deleted', tag);
    await registry.seed(site.images, app, 'oras/deleted', 'kept');
    await writeFile(join(run.home, 'gone.txt'), 'gone');
    await oras('attach', PLAIN, '--artifact-type', 'example/gone', at('oras/deleted:kept'), 'gone.txt');
    const [gone] = await discover(at('oras/deleted:kept'));
    await oras('manifest', 'delete', PLAIN, '--force', at(`oras/deleted@${gone?.digest}`));
    assert.deepEqual(await discover(at('oras/deleted:kept')), []);
    await oras('manifest', 'delete', PLAIN, '--force', at('oras/deleted:1'));
    assert.deepEqual(await registry.store.listTags('oras/deleted'), ['kept']);
    await registry.assertHolds('oras/deleted', 'kept', app);
    const { digest } = Pushed.parse(
      JSON.parse(await oras('blob', 'push', PLAIN, '--descriptor', at('oras/deleted'), 'gone.txt')),
    );
    await oras('blob', 'delete', PLAIN, '--force', at(`oras/deleted@${digest}`));
    assert.equal(await registry.store.statBlob('oras/deleted', digest), undefined);
  });

  testAccess(() => site, {
    checksLogin: true,
    login: (as, host, { user, password }) => {
      const login = ['login', PLAIN, '-u', user, '--password-stdin', host];
      return as.with({ input: password })(site.programs.oras, ...login);
    },
    push: (as, served, repository) => {
      const to = ['--to-plain-http', at(`${repository}:1`, served)];
      return as(site.programs.oras, 'cp', ...fromLayout('app:1'), ...to);
    },
    pull: (as, served, repository) => {
      const to = ['--to-oci-layout-path', join(as.home, 'pulled'), 'app:1'];
      return as(site.programs.oras, 'cp', '--from-plain-http', at(`${repository}:1`, served), ...to);
    },
    copy: (as, served, from, to) =>
      as(site.programs.oras, 'cp', ...BOTH, at(`${from}:1`, served), at(`${to}:1`, served)),
    assertPushed: (served, repository) => served.assertHolds(repository, '1', site.images.app),
  });
});

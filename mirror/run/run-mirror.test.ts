import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { openBundle } from '../../bundle/file/bundle-store.ts';
import { generateKey, parseSigningKey } from '../../bundle/key.ts';
import { signManifest } from '../../bundle/signature.ts';
import { copyContent } from '../../content/copy/copy.ts';
import { hexOf } from '../../content/digest.ts';
import { contentError } from '../../content/errors.ts';
import { lockLayout } from '../../content/layout/layout-lock.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { type MirrorSite, mirrorSite, putImage, putIndex } from '../testing/mirror-site.ts';
import { ISSUER, RELEASER, TestSigstore } from '../testing/sigstore.ts';
import type { MirrorContext } from './context.ts';
import { planMirror } from './plan-mirror.ts';
import { runMirror } from './run-mirror.ts';
import { verdictOf, verdictOfCheck } from './verdict.ts';

let site: MirrorSite;

beforeEach(async () => {
  site = await mirrorSite();
});

async function tagsAt(repository: string): Promise<string[]> {
  return await (await site.target()).listTags(repository);
}

async function digestAt(repository: string, tag: string): Promise<string | undefined> {
  return (await (await site.target()).resolveManifest(repository, tag))?.digest;
}

async function outcome(context: MirrorContext) {
  const [job] = await runMirror(context);
  assert.ok(job !== undefined);
  const codes = job.failures.map(({ code }) => code);
  return { ...job, codes, code: job.error?.code };
}

test('a plan makes nothing, the run makes what it said, and then there is nothing to do', async () => {
  await putImage(site.source, 'team/app', '1', 'one');
  await putImage(site.source, 'team/app', '2', 'two');
  await putImage(site.source, 'other/app', '1', 'one');
  const context = await site.mirror({ repositories: ['team/*'], rename: [{ prefix: 'team/', to: 'copy/' }] });
  const [plan] = await planMirror(context, { costs: true });
  assert.equal(plan?.missing, 2);
  assert.deepEqual(plan.changes.map(({ name, to }) => `${name} ${to}`).sort(), [
    'team/app:1 copy/app:1',
    'team/app:2 copy/app:2',
  ]);
  assert.deepEqual(await tagsAt('copy/app'), []);
  assert.equal(verdictOfCheck([plan])?.code, 'MIRROR_DRIFT');
  const { done, bytesCopied } = await outcome(context);
  assert.equal(done, 2);
  assert.equal(plan.bytes, bytesCopied);
  assert.equal(
    plan.changes.reduce((sum, { bytes }) => sum + bytes, 0),
    bytesCopied,
  );
  const again = await outcome(context);
  assert.deepEqual([again.done, again.skipped, again.bytesCopied], [0, 2, 0]);
  const after = await planMirror(context, { costs: true });
  assert.deepEqual([after[0]?.same, after[0]?.bytes, verdictOfCheck(after)], [2, 0, undefined]);
});

test('one bad image among good ones fails alone, and is seen', async () => {
  for (const tag of ['1', '2', '3']) await putImage(site.source, 'app', tag, `image ${tag}`);
  const bad = await putImage(site.source, 'app', 'bad', 'to be lost');
  const layer = JSON.parse(Buffer.from(bad.bytes).toString()).layers[0].digest;
  await rm(join(site.folder, 'source/blobs/sha256', hexOf(layer)));
  const context = await site.mirror({});
  const job = await outcome(context);
  assert.deepEqual([job.done, job.failed, job.codes], [3, 1, ['CONTENT_NOT_FOUND']]);
  assert.deepEqual(job.failures[0]?.reference, 'bad');
  assert.equal(verdictOf([job])?.code, 'MIRROR_INCOMPLETE');
  assert.deepEqual(await tagsAt('app'), ['1', '2', '3']);
});

test('what a tag stood for before it moved is kept under another name, each time', async () => {
  const context = await site.mirror({ backup: '{tag}-before-{digest}' });
  const moved = [];
  for (const text of ['one', 'two', 'three']) {
    moved.push(await putImage(site.source, 'app', 'latest', text));
    await outcome(context);
  }
  const backups = moved.slice(0, 2).map(({ digest }) => `latest-before-${hexOf(digest).slice(0, 12)}`);
  assert.deepEqual(await tagsAt('app'), ['latest', ...backups].sort());
  assert.equal(await digestAt('app', 'latest'), moved[2]?.digest);
  assert.equal(await digestAt('app', backups[0] ?? ''), moved[0]?.digest);
});

async function withTags(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await putImage(site.source, 'app', `v${i}`, `image ${i}`);
}

async function forget(...tags: string[]): Promise<void> {
  const { source } = site;
  assert.ok('deleteTag' in source && typeof source.deleteTag === 'function');
  for (const tag of tags) await source.deleteTag('app', tag);
}

test('tags are deleted only when asked for, as planned, and never more than the share', async () => {
  await withTags(10);
  await outcome(await site.mirror({}));
  await forget('v0', 'v1');
  assert.equal((await outcome(await site.mirror({}))).deleted, 0);
  const some = await site.mirror({ delete: { maxShare: 10 } });
  const [refused] = await planMirror(some, { costs: false });
  assert.deepEqual([refused?.deletes?.tags.length, refused?.error?.code], [2, 'MIRROR_DELETES_TOO_MUCH']);
  const stopped = await outcome(some);
  assert.deepEqual([stopped.deleted, stopped.code], [0, 'MIRROR_DELETES_TOO_MUCH']);
  assert.equal((await tagsAt('app')).length, 10);
  const more = await site.mirror({ delete: { maxShare: 20 } });
  const plan = await planMirror(more, { costs: false });
  assert.equal(verdictOfCheck(plan)?.code, 'MIRROR_DRIFT');
  const job = await outcome(more);
  assert.deepEqual(job.deletedTags, [
    { repository: 'app', tag: 'v0' },
    { repository: 'app', tag: 'v1' },
  ]);
  assert.equal((await tagsAt('app')).length, 8);
});

test('a source that is empty by mistake deletes nothing and is reported', async () => {
  await withTags(4);
  const all = { delete: { maxShare: 100 } };
  await outcome(await site.mirror(all));
  await forget('v0', 'v1', 'v2', 'v3');
  for (const job of [all, { ...all, repositories: ['app'] }]) {
    const { deleted, code, codes } = await outcome(await site.mirror(job));
    assert.equal(deleted, 0);
    assert.deepEqual([code ?? codes[0]], ['MIRROR_NOTHING_SELECTED']);
  }
  assert.equal((await tagsAt('app')).length, 4);
});

test('what another job of the file puts at the same target is not deleted', async () => {
  await withTags(4);
  const [first, second] = [
    { tags: { names: ['v0', 'v1'] }, delete: { maxShare: 100 } },
    { tags: { match: 'v[23]' }, delete: { maxShare: 100 } },
  ];
  const results = await runMirror(await site.mirror(first, second));
  assert.deepEqual(
    results.map(({ deleted }) => deleted),
    [0, 0],
  );
  assert.equal((await tagsAt('app')).length, 4);
  // And not while that job can't say what it wants.
  const broken = { ...second, from: 'nowhere' };
  const [job] = await runMirror(await site.mirror(first, broken));
  assert.equal(job?.deleted, 0);
  assert.equal((await tagsAt('app')).length, 4);
});

test('a target is the same however two jobs write it, and so are the tags that they want there', async () => {
  await withTags(4);
  const first = { tags: { names: ['v0', 'v1'] }, delete: { maxShare: 100 } };
  const second = { tags: { match: 'v[23]' }, to: './x/../target/' };
  const plans = await planMirror(await site.mirror(first, second), { costs: false });
  assert.deepEqual(plans[0]?.deletes?.tags ?? [], []);
  const [job] = await runMirror(await site.mirror(second, first));
  assert.equal(job?.deleted, 0);
  assert.deepEqual(await tagsAt('app'), ['v0', 'v1', 'v2', 'v3']);
});

test('what one job keeps under a backup name is not deleted by another', async () => {
  await withTags(1);
  const jobs = [{ backup: '{tag}-before-{digest}' }, { delete: { maxShare: 100 } }];
  await runMirror(await site.mirror(...jobs));
  await putImage(site.source, 'app', 'v0', 'moved');
  const [first, second] = await runMirror(await site.mirror(...jobs));
  assert.deepEqual([first?.backups, second?.deleted, second?.error], [1, 0, undefined]);
  assert.equal((await tagsAt('app')).length, 2);
});

test('where a list of repositories is empty by mistake, nothing is deleted at the target', async () => {
  await withTags(4);
  await putImage(site.source, 'named', '1', 'named');
  const first = { repositories: ['app'], tags: { names: ['v0', 'v1'] }, delete: { maxShare: 100 } };
  const second = { from: 'other', repositories: ['named', '**'] };
  await runMirror(await site.mirror({}));
  const context = await site.mirror(first, second);
  const store = new MemoryStore('other');
  await putImage(store, 'named', '1', 'named');
  Object.assign(store, { listRepositories: async () => [] });
  const { source } = context.locations;
  Object.assign(context.locations, {
    source: async (location: string) =>
      location.endsWith('other')
        ? { store, close: async () => {} }
        : await source.call(context.locations, location),
  });
  const [deleting, other] = await runMirror(context);
  assert.equal(deleting?.deleted, 0);
  assert.equal((await tagsAt('app')).length, 4);
  assert.deepEqual(
    other?.failures.map(({ code }) => code),
    ['MIRROR_NOTHING_SELECTED'],
  );
  assert.equal(other?.skipped, 1);
});

test('an older image is not deleted while the newer one that pushes it out can’t be had', async () => {
  const job = { tags: { newest: { count: 2 } }, delete: { maxShare: 100 } };
  for (const tag of ['1.0.0', '1.1.0']) await putImage(site.source, 'app', tag, tag);
  await runMirror(await site.mirror(job));
  const bad = await putImage(site.source, 'app', '1.2.0', 'to be lost');
  const layer = JSON.parse(Buffer.from(bad.bytes).toString()).layers[0].digest;
  await rm(join(site.folder, 'source/blobs/sha256', hexOf(layer)));
  const first = await outcome(await site.mirror(job));
  assert.deepEqual([first.failed, first.deleted], [1, 0]);
  assert.deepEqual(await tagsAt('app'), ['1.0.0', '1.1.0']);
  await putImage(site.source, 'app', '1.2.0', 'to be lost');
  const second = await outcome(await site.mirror(job));
  assert.deepEqual([second.failed, second.deleted], [0, 1]);
  assert.deepEqual(await tagsAt('app'), ['1.1.0', '1.2.0']);
});

test('two images that would get one name at the target: the second fails, and is seen', async () => {
  for (const repository of ['x/app', 'y/app']) await putImage(site.source, repository, '1', repository);
  const rename = ['x/', 'y/'].map((prefix) => ({ prefix, to: 'all/' }));
  const job = await outcome(await site.mirror({ rename }));
  assert.deepEqual([job.done, job.codes], [1, ['REFERENCE_AMBIGUOUS']]);
});

test('a registry that takes the place of another is asked with its own settings and login', async () => {
  const context = await site.mirror({ from: undefined, images: ['docker.io/library/nginx:1'] });
  const sources = [{ prefix: 'docker.io', registry: 'cache.example:5000' }];
  Object.assign(context.file.mirror, { sources });
  const asked: unknown[] = [];
  const store = new MemoryStore('cache');
  await putImage(store, 'library/nginx', '1', 'nginx');
  const host = (name: string, more: object) => {
    asked.push([name, more]);
    return Object.assign(store, { close: async () => {} });
  };
  Object.assign(context.locations, { host });
  const { done } = await outcome(context);
  assert.deepEqual([done, asked], [1, [['cache.example:5000', { isMirror: true }]]]);
});

test('a platform filter keeps the digest of the index; a wider one later brings the rest', async () => {
  const index = await putIndex(site.source, 'app', '1', ['linux/amd64', 'linux/arm64']);
  await outcome(await site.mirror({ platforms: ['linux/amd64'] }));
  assert.equal(await digestAt('app', '1'), index.digest);
  const children: string[] = JSON.parse(Buffer.from(index.bytes).toString()).manifests.map(
    ({ digest }: { digest: string }) => digest,
  );
  const held = async () => await Promise.all(children.map((digest) => digestAt('app', digest)));
  assert.deepEqual(await held(), [children[0], undefined]);
  const [plan] = await planMirror(await site.mirror({}), { costs: true });
  assert.deepEqual(
    plan?.changes.map(({ name, state }) => `${name} ${state}`),
    ['app:1 incomplete'],
  );
  assert.equal(verdictOfCheck(plan === undefined ? [] : [plan])?.code, 'MIRROR_DRIFT');
  const wider = await outcome(await site.mirror({}));
  assert.deepEqual([wider.done, wider.failed], [1, 0]);
  assert.deepEqual(await held(), children);
});

test('the newest by date are taken', async () => {
  for (const [tag, created] of [
    ['a', '2026-01-03T00:00:00Z'],
    ['b', '2026-01-01T00:00:00Z'],
    ['c', '2026-01-02T00:00:00Z'],
  ] as const)
    await putImage(site.source, 'app', tag, tag, created);
  await outcome(await site.mirror({ tags: { newest: { count: 2, by: 'created' } } }));
  assert.deepEqual(await tagsAt('app'), ['a', 'c']);
});

test('nothing is mirrored that is not signed as asked, and what is, is with its signature', async () => {
  const [pair, stranger] = [generateKey(), generateKey()];
  const images = new Map<string, string>();
  for (const tag of ['signed', 'unsigned', 'strange'])
    images.set(tag, (await putImage(site.source, 'app', tag, tag)).digest);
  const memory = new MemoryStore();
  for (const [tag, { privatePem }] of [
    ['signed', pair],
    ['strange', stranger],
  ] as const) {
    const manifest = await site.source.readManifest('app', tag);
    assert.ok(manifest !== undefined);
    await signManifest(memory, 'app', manifest.digest, parseSigningKey(privatePem, 'key'));
  }
  const signatures = (await memory.listTags('app')).map((reference) => ({ repository: 'app', reference }));
  await copyContent(memory, site.source, signatures);
  await writeFile(join(site.folder, 'trusted.pub'), pair.publicPem);
  const context = await site.mirror({ verify: [{ key: 'trusted.pub' }] });
  const job = await outcome(context);
  assert.deepEqual(job.codes.sort(), ['SIGNATURE_MISSING', 'SIGNATURE_WRONG_KEY']);
  const [plan] = await planMirror(context, { costs: false });
  assert.equal(plan?.failed, 2);
  const expected = (await memory.listTags('app')).filter((tag) =>
    tag.includes(images.get('signed')?.slice(7) ?? '?'),
  );
  assert.deepEqual(await tagsAt('app'), [...expected, 'signed'].sort());
});

test('nothing is mirrored that a trusted identity has not signed, with nobody asked', async () => {
  const [sigstore, other] = [await TestSigstore.make(), await TestSigstore.make()];
  for (const [tag, form, by] of [
    ['tagged', 'tag', sigstore],
    ['bundled', 'bundle', sigstore],
    ['strange', 'bundle', other],
    ['unsigned', 'tag', undefined],
  ] as const) {
    const image = await putImage(site.source, 'app', tag, tag);
    await by?.sign(site.source, 'app', image, form);
  }
  await writeFile(join(site.folder, 'root.json'), JSON.stringify(sigstore.trustedRoot()));
  const rule = { identity: RELEASER, issuer: ISSUER, trustedRoot: 'root.json' };
  const context = await site.mirror({
    verify: [rule],
    repositories: [{ match: 'app', tags: { match: '[a-z]+' } }],
  });
  const job = await outcome(context);
  assert.deepEqual([job.done, job.codes.sort()], [2, ['MIRROR_CERTIFICATE_INVALID', 'SIGNATURE_MISSING']]);
  const target = await site.target();
  for (const [tag, held] of Object.entries({ tagged: true, bundled: true, strange: false, unsigned: false }))
    assert.equal((await target.resolveManifest('app', tag)) !== undefined, held, tag);
  // Signatures arrive with their images.
  const again = await site.mirror({ from: 'target', to: 'onwards', verify: [rule] });
  assert.equal((await outcome(again)).failed, 0);
  const rootless = await site.mirror({ verify: [{ ...rule, trustedRoot: 'nowhere.json' }], to: 'none' });
  assert.ok((await outcome(rootless)).codes.every((code) => code === 'MIRROR_TRUSTED_ROOT_INVALID'));
});

test('a folder that another command writes to is left to it, and planned all the same', async () => {
  await withTags(2);
  const context = await site.mirror({});
  const lock = await lockLayout(join(site.folder, 'target'));
  const refused = await outcome(context);
  assert.deepEqual([refused.done, refused.code], [0, 'LAYOUT_IN_USE']);
  lock.release();
  const again = await lockLayout(join(site.folder, 'target'));
  const [plan] = await planMirror(context, { costs: true });
  assert.deepEqual([plan?.missing, plan?.error], [2, undefined]);
  again.release();
  assert.equal((await outcome(context)).done, 2);
});

test('two mirrors into one folder at a time: one is refused, and nothing of either is lost', async () => {
  await withTags(3);
  await putImage(site.source, 'other', '1', 'other');
  const [one, two] = [
    await site.mirror({ repositories: ['app'] }),
    await site.mirror({ repositories: ['other'] }),
  ];
  const runs = await Promise.all([outcome(one), outcome(two)]);
  for (const [index, { code, done }] of runs.entries())
    assert.ok(code === 'LAYOUT_IN_USE' ? done === 0 : done === (index === 0 ? 3 : 1));
  assert.ok(runs.some(({ code }) => code === undefined));
  await outcome(one);
  await outcome(two);
  assert.deepEqual([await tagsAt('app'), await tagsAt('other')], [['v0', 'v1', 'v2'], ['1']]);
});

test('room in a folder is freed when asked for, as planned, and of nothing that has a name', async () => {
  await withTags(3);
  await putImage(site.source, 'app', 'latest', 'old');
  await outcome(await site.mirror({}));
  await forget('v0');
  await putImage(site.source, 'app', 'latest', 'image 1');
  const quiet = await site.mirror({ delete: { maxShare: 50 } });
  assert.equal((await planMirror(quiet, { costs: true }))[0]?.bytesFreed, undefined);
  const context = await site.mirror({ delete: { maxShare: 50, freeSpace: true } });
  const [plan] = await planMirror(context, { costs: true });
  const before = await filesOf('target');
  const job = await outcome(context);
  const gone = before.filter(({ name }) => !existsSync(name));
  // Two images, each with its manifest, its config and its layer; configs are the same everywhere.
  assert.equal(gone.length, 4);
  const bytes = gone.reduce((sum, { size }) => sum + size, 0);
  assert.deepEqual([job.deleted, job.bytesFreed, plan?.bytesFreed], [1, bytes, bytes]);
  const again = await planMirror(context, { costs: true });
  assert.deepEqual([again[0]?.same, again[0]?.incomplete, again[0]?.bytesFreed], [3, 0, 0]);
});

async function filesOf(folder: string): Promise<{ name: string; size: number }[]> {
  const blobs = join(site.folder, folder, 'blobs/sha256');
  const names = (await readdir(blobs)).map((name) => join(blobs, name));
  return await Promise.all(names.map(async (name) => ({ name, size: (await stat(name)).size })));
}

test('a bundle is a target: written when something changed, and left as it is otherwise', async () => {
  await withTags(3);
  const context = await site.mirror({
    to: 'out/all.bundle.tar',
    rename: [{ prefix: 'app', to: 'copy/app' }],
  });
  const [plan] = await planMirror(context, { costs: true });
  assert.equal(plan?.missing, 3);
  const path = join(site.folder, 'out/all.bundle.tar');
  const first = await outcome(context);
  assert.deepEqual([first.done, first.failed], [3, 0]);
  const tags = async () => {
    const bundle = await openBundle(path);
    try {
      return await bundle.listTags('copy/app');
    } finally {
      await bundle.close();
    }
  };
  assert.deepEqual(await tags(), ['v0', 'v1', 'v2']);
  const again = await outcome(context);
  assert.deepEqual([again.done, again.skipped, again.bytesCopied], [0, 3, 0]);
  await forget('v0');
  await putImage(site.source, 'app', 'v2', 'moved');
  const third = await outcome(context);
  assert.deepEqual([third.done, third.skipped], [1, 1]);
  assert.deepEqual(await tags(), ['v1', 'v2']);
});

test('more platforms are brought into a bundle that has fewer of the same index', async () => {
  const index = await putIndex(site.source, 'app', '1', ['linux/amd64', 'linux/arm64']);
  const job = { to: 'all.bundle.tar' };
  await outcome(await site.mirror({ ...job, platforms: ['linux/amd64'] }));
  const wider = await outcome(await site.mirror(job));
  assert.deepEqual([wider.done, wider.failed], [1, 0]);
  const bundle = await openBundle(join(site.folder, 'all.bundle.tar'));
  try {
    const target = new MemoryStore('target');
    await copyContent(bundle, target, [{ repository: 'app', reference: '1' }]);
    assert.equal((await target.readManifest('app', '1'))?.digest, index.digest);
  } finally {
    await bundle.close();
  }
  const again = await outcome(await site.mirror(job));
  assert.deepEqual([again.done, again.skipped, again.bytesCopied], [0, 1, 0]);
});

test('an image whose layer is gone fails alone in a bundle, and none is said to be in one that was not written', async () => {
  const lost = await putImage(site.source, 'app', 'lost', 'to be lost');
  for (const tag of ['v1', 'v2']) await putImage(site.source, 'app', tag, tag);
  const layer = JSON.parse(Buffer.from(lost.bytes).toString()).layers[0].digest;
  await rm(join(site.folder, 'source/blobs/sha256', hexOf(layer)));
  const first = await outcome(await site.mirror({ to: 'all.bundle.tar' }));
  assert.deepEqual([first.done, first.codes, first.code], [2, ['CONTENT_NOT_FOUND'], undefined]);
  const bundle = await openBundle(join(site.folder, 'all.bundle.tar'));
  assert.deepEqual(await bundle.listTags('app'), ['v1', 'v2']);
  await bundle.close();
  // Of one that the bundle has already the source may have lost a layer.
  const older = await putImage(site.source, 'app', 'v1', 'v1');
  const olderLayer = JSON.parse(Buffer.from(older.bytes).toString()).layers[0].digest;
  await rm(join(site.folder, 'source/blobs/sha256', hexOf(olderLayer)));
  await putImage(site.source, 'app', 'v3', 'v3');
  const again = await outcome(await site.mirror({ to: 'all.bundle.tar' }));
  assert.deepEqual([again.done, again.skipped, again.code], [1, 2, undefined]);
  // What is there in place of the folder lets no bundle be written.
  await writeFile(join(site.folder, 'file'), '');
  const second = await outcome(await site.mirror({ to: 'file/all.bundle.tar' }));
  assert.equal(second.done, 0);
  assert.notEqual(second.code, undefined);
});

test('a bundle of nothing is not written where all has failed', async () => {
  await withTags(1);
  const job = { to: 'all.bundle.tar', repositories: ['app'], tags: { names: ['typo'] } };
  assert.equal((await outcome(await site.mirror(job))).failed, 1);
  await assert.rejects(openBundle(join(site.folder, 'all.bundle.tar')));
});

test('what fails keeps in a bundle what the bundle had, and everything else goes on', async () => {
  const lost = await putImage(site.source, 'app', 'v0', 'to be lost');
  await putImage(site.source, 'app', 'v1', 'one');
  await putImage(site.source, 'other', '1', 'other');
  const job = {
    to: 'all.bundle.tar',
    repositories: ['app', 'other'],
    rename: [{ prefix: 'app', to: 'copy' }],
  };
  await outcome(await site.mirror(job));
  await putImage(site.source, 'app', 'v2', 'new');
  await rm(join(site.folder, 'source/blobs/sha256', hexOf(lost.digest)));
  assert.ok('deleteTag' in site.source && typeof site.source.deleteTag === 'function');
  await site.source.deleteTag('other', '1');
  const again = await outcome(await site.mirror(job));
  assert.deepEqual([again.failed, again.done, again.code], [2, 1, undefined]);
  const bundle = await openBundle(join(site.folder, 'all.bundle.tar'));
  try {
    assert.deepEqual(await bundle.listTags('copy'), ['v0', 'v1', 'v2']);
    assert.deepEqual(await bundle.listTags('other'), ['1']);
    const target = new MemoryStore('target');
    await copyContent(bundle, target, [{ repository: 'copy', reference: 'v0' }]);
    assert.equal((await target.readManifest('copy', 'v0'))?.digest, lost.digest);
  } finally {
    await bundle.close();
  }
  const unchanged = await outcome(await site.mirror(job));
  assert.deepEqual([unchanged.failed, unchanged.skipped, unchanged.bytesCopied], [2, 2, 0]);
});

test('a repository that is named and has nothing is a failure; one that a pattern misses is none', async () => {
  await withTags(1);
  const named = await outcome(await site.mirror({ repositories: ['app', 'typo'] }));
  assert.deepEqual([named.done, named.codes], [1, ['MIRROR_NOTHING_SELECTED']]);
  const pattern = await outcome(await site.mirror({ repositories: ['app', 'typo/*'] }));
  assert.equal(pattern.failed, 0);
});

test('names that are none at the target are refused before anything is copied', async () => {
  await withTags(1);
  const job = await outcome(await site.mirror({ rename: [{ prefix: 'app', to: 'App' }] }));
  assert.deepEqual([job.done, job.codes], [0, ['MIRROR_INVALID']]);
});

test('a target that deletes nothing is reported, for each tag', async () => {
  await withTags(4);
  const all = { delete: { maxShare: 100 } };
  await outcome(await site.mirror(all));
  await forget('v0');
  const context = await site.mirror(all);
  const store = await site.target();
  Object.assign(store, {
    deleteTag: async () => {
      throw contentError('DELETE_UNSUPPORTED', { subject: 'target' });
    },
  });
  Object.assign(context.locations, { target: async () => ({ store, close: async () => {} }) });
  const job = await outcome(context);
  assert.deepEqual([job.deleted, job.codes], [0, ['MIRROR_CANNOT_DELETE']]);
});

test('a job that can’t be begun stops no other', async () => {
  await withTags(1);
  const [broken, whole] = await runMirror(await site.mirror({ from: 'nowhere' }, {}));
  assert.deepEqual([broken?.error?.code, whole?.done], ['STORE_NOT_FOUND', 1]);
  const alone = await outcome(await site.mirror({ from: 'nowhere' }));
  assert.equal(verdictOf([alone])?.code, 'MIRROR_UNREACHABLE');
});

test('a source that can’t be opened, or a chart that can’t be rendered, stops no image of the same job', async () => {
  await withTags(1);
  const context = await site.mirror({
    from: 'nowhere',
    repositories: ['app'],
    images: [{ image: 'source.example/app:v0', to: 'single:v0' }],
    charts: [{ chart: 'none' }],
  });
  const sources = [{ prefix: 'source.example', layout: 'source' }];
  const manifest = await site.source.readManifest('app', 'v0');
  assert.ok(manifest !== undefined);
  await site.source.writeManifest('source.example/app', 'v0', manifest);
  const file = { ...context.file, mirror: { ...context.file.mirror, sources } };
  const job = await outcome({ ...context, file });
  assert.deepEqual([job.done, job.code, job.codes], [1, 'STORE_NOT_FOUND', ['MIRROR_UNREACHABLE']]);
  assert.deepEqual(await tagsAt('single'), ['v0']);
});

import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { referrersTag } from '../../content/companion-tag.ts';
import { digestOf } from '../../content/digest.ts';
import { imageOf, indexOf } from '../testing/content.ts';
import { DAY, goingIn, R, TestSite, text } from '../testing/gc-site.ts';
import { parseRootList } from './plan/root-list.ts';

const NOW = { keepUntagged: 0 };

describe('disasters of other registries', () => {
  test('the platforms of a tagged multi-arch image have no tag of their own and stay', async (context) => {
    const site = await TestSite.open(context);
    const images = [await site.image('', ['amd64']), await site.image('', ['arm64'])];
    await site.push(indexOf(images), 'v1');
    site.later(30 * DAY);
    const { freed } = await site.collectAsPlanned(NOW);
    assert.deepEqual([freed, await site.pullAll()], [0, 3]);
  });

  test('a child that has a tag elsewhere stays when the index over it is deleted, with its layers', async (context) => {
    const site = await TestSite.open(context);
    const [amd, arm] = [await site.image('', [text('amd', 5000)]), await site.image('', [text('arm', 7000)])];
    const index = indexOf([amd, arm]);
    await site.push(index, 'v1');
    await site.push(amd, 'amd-only');
    await site.store.deleteManifest(R, index.digest);
    const { freed } = await site.collectAsPlanned();
    assert.equal(await site.pullAll(), 1);
    assert.equal(freed, 7000 + index.bytes.byteLength + arm.bytes.byteLength);
  });

  test('what two indexes share stays while one of them has a tag', async (context) => {
    const site = await TestSite.open(context);
    const [shared, one, two] = [
      await site.image('', ['shared']),
      await site.image('', ['one']),
      await site.image('', ['two']),
    ];
    await site.push(indexOf([shared, one]), 'v1');
    await site.push(indexOf([shared, two]), 'v2');
    await site.store.deleteTag(R, 'v1');
    await site.collectAsPlanned();
    assert.equal(await site.pullAll(), 3);
    assert.equal(await site.hasFile(digestOf('one')), false);
    await site.store.deleteTag(R, 'v2');
    const { freed } = await site.collectAsPlanned();
    assert.ok(freed > 0);
    assert.deepEqual([await site.fileBytes(), await site.store.listRepositories()], [0, []]);
  });

  test('a push that goes on loses neither its blobs nor the platforms that came before the index', async (context) => {
    const site = await TestSite.open(context);
    const amd = await site.image('', ['amd64']);
    await site.blob('layer of arm64');
    await site.collectAsPlanned(NOW);
    site.later(DAY / 2);
    await site.collectAsPlanned(NOW);
    const arm = await site.image('', ['layer of arm64']);
    await site.collectAsPlanned(NOW);
    await site.push(indexOf([amd, arm]), 'v1');
    assert.equal(await site.pullAll(), 3);
    site.later(30 * DAY);
    await site.collectAsPlanned(NOW);
    assert.equal(await site.pullAll(), 3);
  });
});

describe('what was deleted by name', () => {
  test('goes at once with all below it, its referrers and its companions', async (context) => {
    const site = await TestSite.open(context);
    const image = await site.image('v1', [text('layer', 9000)]);
    const signature = await site.image('', ['signature'], { subject: image });
    const ofSignature = await site.image('', ['signature of it'], { subject: signature });
    const cosign = await site.image(`${referrersTag(image.digest)}.sig`, ['cosign']);
    await site.store.deleteTag(R, 'v1');
    const run = await site.collectAsPlanned();
    assert.deepEqual(
      new Map(goingIn(run)[R]),
      new Map([
        [image.digest, 'deleted'],
        [signature.digest, 'referrer'],
        [ofSignature.digest, 'referrer'],
        [cosign.digest, 'referrer'],
      ]),
    );
    assert.equal(await site.fileBytes(), 0);
  });

  test('frees the file of a manifest that was deleted by its digest', async (context) => {
    const site = await TestSite.open(context);
    const image = await site.image('v1', ['layer']);
    await site.store.deleteManifest(R, image.digest);
    await site.collectAsPlanned();
    assert.equal(await site.fileBytes(), 0);
  });
});

describe('what lost its tag to another', () => {
  test('goes when its time is over, and says which tag it had', async (context) => {
    const site = await TestSite.open(context);
    const old = await site.image('v1', ['old']);
    site.later(30 * DAY);
    await site.image('v1', ['new']);
    const first = await site.collectAsPlanned();
    const waiting = first.events.find((event) => event.type === 'waiting');
    assert.deepEqual(waiting?.manifests, [
      { digest: old.digest, lastTag: 'v1', until: site.clock.now + 7 * DAY, reason: 'untagged' },
    ]);
    const planned = first.events.find((event) => event.type === 'planned');
    assert.equal(planned?.waitingBytes, old.bytes.byteLength + 3);
    site.later(7 * DAY);
    const { freed } = await site.collectAsPlanned();
    assert.equal(freed, planned?.waitingBytes);
  });

  test('stays for as long as a rule says', async (context) => {
    const site = await TestSite.open(context);
    const old = await site.image('v1', ['old']);
    await site.image('v1', ['new']);
    const forever = { rules: [{ repositories: 'team/**' }] };
    const days = { rules: [{ repositories: 'team/app', keepFor: 90 * DAY }] };
    site.later(80 * DAY);
    for (const options of [forever, days]) await site.collectAsPlanned({ ...NOW, ...options });
    site.later(20 * DAY);
    await site.collectAsPlanned({ ...NOW, ...forever });
    assert.equal((await site.pull(R, old.digest)).size, 1);
    await site.collectAsPlanned({ ...NOW, ...days });
    assert.equal(await site.store.readManifest(R, old.digest), undefined);
  });
});

describe('referrers', () => {
  test('of what stays stay, however old, and theirs', async (context) => {
    const site = await TestSite.open(context);
    const image = await site.image('v1', ['layer']);
    const bom = await site.image('', ['bom'], { subject: image });
    await site.image('', ['signature of the bom'], { subject: bom });
    site.later(300 * DAY);
    await site.collectAsPlanned(NOW);
    assert.equal(await site.pullAll(), 3);
  });

  test('with a tag keep what they refer to', async (context) => {
    const site = await TestSite.open(context);
    const image = await site.image('v1', ['layer']);
    await site.image('bom-of-v1', ['bom'], { subject: image });
    await site.store.deleteTag(R, 'v1');
    await site.collectAsPlanned(NOW);
    assert.equal((await site.pull(R, image.digest)).size, 2);
  });

  test('of something that never came go when their time is over', async (context) => {
    const site = await TestSite.open(context);
    const absent = indexOf([]);
    const early = await site.image('', ['early'], { subject: absent });
    await site.collectAsPlanned(NOW);
    assert.equal((await site.pull(R, early.digest)).size, 1);
    site.later(DAY);
    await site.collectAsPlanned(NOW);
    assert.equal(await site.fileBytes(), 0);
  });

  test('of a platform that a sparse index names stay with the index', async (context) => {
    const site = await TestSite.open(context);
    const [here, absent] = [await site.image('', ['here']), indexOf([], { annotations: { absent: 'yes' } })];
    await site.push(indexOf([here, absent]), 'v1');
    const signature = await site.image('', ['signature'], { subject: absent });
    site.later(30 * DAY);
    await site.collectAsPlanned(NOW);
    assert.equal((await site.pull(R, signature.digest)).size, 1);
    assert.equal((await site.pull(R, here.digest)).size, 1);
    await site.store.deleteTag(R, 'v1');
    await site.collectAsPlanned(NOW);
    assert.equal(await site.fileBytes(), 0);
  });
});

describe('companions', () => {
  test('stay with their image, and without it when it never was here', async (context) => {
    const site = await TestSite.open(context);
    const image = await site.image('v1', ['layer']);
    for (const suffix of ['.sig', '.att', '.sbom'])
      await site.image(`${referrersTag(image.digest)}${suffix}`, [suffix]);
    await site.image(`${referrersTag(digestOf('elsewhere'))}.sig`, ['loose']);
    await site.image(`${referrersTag(digestOf('elsewhere', 'sha512'))}.sig`, ['loose too']);
    site.later(300 * DAY);
    await site.collectAsPlanned(NOW);
    assert.equal(await site.pullAll(), 6);
  });

  test('of a list of referrers go with the image, and with them the tag', async (context) => {
    const site = await TestSite.open(context);
    const image = await site.image('v1', ['layer']);
    const referrer = await site.image('', ['referrer'], { subject: image });
    await site.push(indexOf([referrer]), referrersTag(image.digest));
    await site.store.deleteTag(R, 'v1');
    const run = await site.collectAsPlanned(NOW);
    const tags = run.events.flatMap((event) => (event.type === 'going' ? event.manifests : []));
    assert.deepEqual(
      tags.flatMap((manifest) => manifest.tags),
      [referrersTag(image.digest)],
    );
    assert.deepEqual([await site.store.listTags(R), await site.fileBytes()], [[], 0]);
  });
});

describe('blobs', () => {
  test('that several repositories hold stay until the last lets go', async (context) => {
    const site = await TestSite.open(context);
    const layer = text('shared', 8000);
    await site.image('v1', [layer], {}, 'a');
    await site.image('v1', [layer], {}, 'b');
    await site.store.deleteTag('a', 'v1');
    assert.equal((await site.collectAsPlanned(NOW)).freed, 0);
    assert.equal(await site.store.statBlob('a', digestOf(layer)), undefined);
    assert.equal(await site.pullAll(), 1);
    await site.store.deleteTag('b', 'v1');
    await site.collectAsPlanned(NOW);
    assert.equal(await site.fileBytes(), 0);
  });

  test('that were mounted stay for the repository that they were mounted in', async (context) => {
    const site = await TestSite.open(context);
    await site.image('v1', ['layer'], {}, 'a');
    for (const content of ['layer', '{}']) {
      const digest = digestOf(content);
      const descriptor = { mediaType: 'x', digest, size: content.length };
      assert.ok(await site.store.mountBlob('b', descriptor, 'a'));
    }
    await site.store.deleteTag('a', 'v1');
    await site.collectAsPlanned(NOW);
    await site.image('v1', ['layer'], {}, 'b');
    site.later(30 * DAY);
    await site.collectAsPlanned(NOW);
    assert.equal(await site.pullAll(), 1);
  });

  test('that no manifest was ever pushed for go a day later', async (context) => {
    const site = await TestSite.open(context);
    await site.blob(text('lonely', 4000));
    site.later(DAY - 1);
    assert.equal((await site.collectAsPlanned(NOW)).freed, 0);
    site.later(1);
    assert.equal((await site.collectAsPlanned(NOW)).freed, 4000);
  });

  test('that a manifest names stay, also when the repository holds them as a manifest only', async (context) => {
    const site = await TestSite.open(context);
    const image = await site.image('', ['layer']);
    const layers = [{ bytes: Buffer.from(image.bytes), digest: image.digest }];
    await site.blob('{}');
    const wrapper = imageOf({ layers });
    await site.push(wrapper, 'wrapper');
    site.later(30 * DAY);
    await site.collectAsPlanned(NOW);
    assert.equal(await site.store.statBlob(R, image.digest), image.bytes.byteLength);
  });
});

describe('a tag like that of a companion keeps what it is on, as any other does,', () => {
  for (const algorithm of ['sha256', 'sha512'] as const)
    test(`when it is made of the digest of that itself (${algorithm})`, async (context) => {
      const site = await TestSite.open(context);
      await site.blob('{}');
      const digest = digestOf(imageOf({}).bytes, algorithm);
      await site.push({ ...imageOf({}), digest }, `${algorithm}-${digest.slice(7, 7 + 64)}`);
      site.later(300 * DAY);
      await site.collectAsPlanned(NOW);
      assert.equal(await site.pullAll(), 1);
    });

  test('when it is made of the digest of a part of that', async (context) => {
    const site = await TestSite.open(context);
    const child = await site.image('', ['layer']);
    await site.push(indexOf([child]), referrersTag(child.digest));
    site.later(300 * DAY);
    await site.collectAsPlanned(NOW);
    assert.equal(await site.pullAll(), 2);
  });

  test('when the two have each other’s, until one is deleted', async (context) => {
    const site = await TestSite.open(context);
    const [one, other] = [await site.image('', ['one']), await site.image('', ['other'])];
    await site.push(one, referrersTag(other.digest));
    await site.push(other, referrersTag(one.digest));
    site.later(300 * DAY);
    await site.collectAsPlanned(NOW);
    assert.equal(await site.pullAll(), 2);
    await site.store.deleteTag(R, referrersTag(other.digest));
    await site.collectAsPlanned(NOW);
    assert.equal(await site.fileBytes(), 0);
  });
});

describe('what one client is pushing stays, whatever another deletes by name:', () => {
  const layerOf = (content: string) => ({ bytes: Buffer.from(content), digest: digestOf(content) });
  const PUSHING = { pinFor: 900_000, pushFor: DAY };

  test('a blob that an image of the other named meanwhile', async (context) => {
    const site = await TestSite.open(context, PUSHING);
    await site.blob('{}');
    await site.blob('layer');
    // The other was told that it is here.
    await site.store.statAndPinBlob(R, digestOf('{}'));
    await site.store.statAndPinBlob(R, digestOf('layer'));
    const other = imageOf({ layers: [layerOf('layer')], annotations: { by: 'another' } });
    await site.push(other, 'other');
    await site.store.deleteManifest(R, other.digest);
    site.later(3_600_000);
    await site.collectAsPlanned(NOW);
    await site.push(imageOf({ layers: [layerOf('layer')] }), 'v1');
    assert.equal(await site.pullAll(), 1);
    await site.store.deleteTag(R, 'v1');
    await site.collectAsPlanned(NOW);
    assert.equal(await site.fileBytes(), 0, 'both have come to the end of their pushes');
  });

  test('a blob that an image of the other names, who never asked for it', async (context) => {
    const site = await TestSite.open(context, PUSHING);
    await site.blob('{}');
    await site.blob('layer');
    const other = imageOf({ layers: [layerOf('layer')], annotations: { by: 'another' } });
    await site.store.writeManifest(R, 'other', other, { by: 'another' });
    await site.store.deleteManifest(R, other.digest);
    await site.collectAsPlanned(NOW);
    await site.push(imageOf({ layers: [layerOf('layer')] }), 'v1');
    assert.equal(await site.pullAll(), 1);
  });

  test('an image for an index that is on its way, under an index of the other', async (context) => {
    const site = await TestSite.open(context, PUSHING);
    const child = await site.image('', ['layer']);
    await site.store.readAndPinManifest(R, child.digest);
    const index = indexOf([child], { annotations: { by: 'another' } });
    await site.push(index);
    await site.store.deleteManifest(R, index.digest);
    site.later(3_600_000);
    await site.collectAsPlanned(NOW);
    await site.push(indexOf([child]), 'v1');
    assert.equal((await site.pull(R, 'v1')).size, 2);
  });

  test('an image that somebody asked for, when it is deleted in another repository', async (context) => {
    const site = await TestSite.open(context, { pinFor: 900_000 });
    const child = await site.image('', ['layer']);
    site.later(30 * DAY);
    assert.ok(await site.store.readAndPinManifest(R, child.digest));
    await site.image('', ['layer'], {}, 'other');
    await site.store.deleteManifest('other', child.digest);
    await site.collectAsPlanned(NOW);
    await site.push(indexOf([child]), 'v1');
    assert.equal((await site.pull(R, 'v1')).size, 2);
  });
});

describe('what is in use', () => {
  test('stays for a while after somebody asked for it, with all that it holds on to', async (context) => {
    const site = await TestSite.open(context, { pinFor: 900_000 });
    const image = await site.image('v1', ['layer']);
    await site.store.deleteTag(R, 'v1');
    site.later(900_000);
    await site.store.readAndPinManifest(R, image.digest);
    const run = await site.collectAsPlanned(NOW);
    const waiting = run.events.find((event) => event.type === 'waiting');
    assert.deepEqual(
      waiting?.manifests.map(({ reason, until }) => [reason, until]),
      [['in-use', site.clock.now + 900_000]],
    );
    assert.equal((await site.pull(R, image.digest)).size, 1);
    site.later(900_000);
    await site.collectAsPlanned(NOW);
    assert.equal(await site.fileBytes(), 0);
  });

  test('is a file on its way to its place, however long that takes', async (context) => {
    const site = await TestSite.open(context);
    const gate = Promise.withResolvers<void>();
    const content = text('slow', 6000);
    const digest = digestOf(content);
    const push = site.store.writeBlob(R, { mediaType: 'x', digest, size: 6000 }, async () =>
      (async function* () {
        yield Buffer.from(content.slice(0, 3000));
        await gate.promise;
        yield Buffer.from(content.slice(3000));
      })(),
    );
    site.later(3 * DAY);
    await site.collect(NOW);
    gate.resolve();
    await push;
    await site.collect(NOW);
    assert.equal(await site.store.statBlob(R, digest), 6000);
    assert.ok(await site.hasFile(digest));
  });
});

describe('what must stay whatever its tags say', () => {
  test('is a root, in one repository or in all', async (context) => {
    const site = await TestSite.open(context);
    const live = await site.image('v1', ['live']);
    const kept = await site.image('v2', ['kept'], {}, 'quay.io/other');
    await site.image('v3', ['gone']);
    for (const tag of ['v1', 'v3']) await site.store.deleteTag(R, tag);
    await site.store.deleteTag('quay.io/other', 'v2');
    const roots = parseRootList(
      `registry.example:5000/${R}@${live.digest}\nquay.io/other@${kept.digest}\n${digestOf('nothing')}\nother:v9\n`,
      'roots',
    );
    const run = await site.collectAsPlanned({ ...NOW, roots });
    assert.equal(run.events.find((event) => event.type === 'planned')?.unknownRoots, 2);
    assert.equal((await site.pull(R, live.digest)).size, 1);
    assert.equal((await site.pull('quay.io/other', kept.digest)).size, 1);
    assert.equal(await site.hasFile(digestOf('gone')), false);
    const everywhere = parseRootList(`${live.digest}\n${kept.digest}`, 'roots');
    assert.equal((await site.collectAsPlanned({ ...NOW, roots: everywhere })).freed, 0);
    await site.collectAsPlanned(NOW);
    assert.equal(await site.fileBytes(), 0);
  });
});

describe('nothing goes', () => {
  test('from a repository with a manifest whose bytes are gone, and it is named', async (context) => {
    const site = await TestSite.open(context);
    const broken = await site.image('v1', ['broken']);
    await site.image('v2', ['fine']);
    await site.image('v1', ['other'], {}, 'other');
    for (const [repository, tag] of [
      [R, 'v1'],
      [R, 'v2'],
      ['other', 'v1'],
    ] as const)
      await site.store.deleteTag(repository, tag);
    await site.reopen(async () => {
      await rm(join(site.folder, 'blobs/sha256', broken.digest.slice(7)));
      for (const name of await readdir(site.folder))
        if (name.startsWith('index.sqlite')) await rm(join(site.folder, name));
    });
    const run = await site.collectAsPlanned(NOW);
    assert.deepEqual(
      run.events.filter((event) => event.type === 'unknown'),
      [{ type: 'unknown', repository: R, manifests: [broken.digest] }],
    );
    assert.deepEqual(Object.keys(goingIn(run)), ['other']);
    assert.ok(await site.hasFile(digestOf('fine')));
    await site.store.deleteManifest(R, broken.digest);
    await site.collectAsPlanned(NOW);
    site.later(DAY);
    await site.collectAsPlanned(NOW);
    assert.equal(await site.fileBytes(), 0);
  });

  test('from a store whose log lost lines that nothing else knew', async (context) => {
    const site = await TestSite.open(context);
    for (const tag of ['v1', 'v2']) await site.image(tag, ['layer']);
    await site.reopen(async () => {
      const log = join(site.folder, 'registry.log');
      await writeFile(log, (await readFile(log, 'utf8')).replace('"tag":"v1"', '"tag":"x1"'));
      await rm(join(site.folder, 'index.sqlite'));
    });
    site.later(30 * DAY);
    await assert.rejects(site.collect(NOW), { code: 'REGISTRY_LOG_INCOMPLETE' });
    assert.ok(await site.hasFile(digestOf('layer')));
  });
});

describe('what crashes left', () => {
  test('goes when it is a file that no repository holds, or was begun long ago', async (context) => {
    const site = await TestSite.open(context);
    await site.image('v1', ['layer']);
    const orphan = digestOf('orphan');
    const old = [
      [`blobs/sha256/${orphan.slice(7)}`, 'orphan'],
      ['.partial/sha256-beef', 'half of a blob'],
      [`blobs/sha256/${orphan.slice(7)}.1.new`, 'half of a manifest'],
    ] as const;
    await mkdir(join(site.folder, '.partial'), { recursive: true });
    for (const [path, content] of old) {
      await writeFile(join(site.folder, path), content);
      const time = new Date(site.clock.now - 2 * DAY);
      await utimes(join(site.folder, path), time, time);
    }
    const young = join(site.folder, '.partial', 'sha256-f00d');
    await writeFile(young, 'young');
    await utimes(young, new Date(site.clock.now), new Date(site.clock.now));
    const { freed } = await site.collectAsPlanned(NOW);
    assert.equal(
      freed,
      old.reduce((sum, [, content]) => sum + content.length, 0),
    );
    assert.deepEqual(await readdir(join(site.folder, '.partial')), ['sha256-f00d']);
    assert.equal(await site.pullAll(), 1);
  });

  test('is named only when it is in quarantine, and goes when asked for', async (context) => {
    const site = await TestSite.open(context);
    await mkdir(join(site.folder, 'quarantine'), { recursive: true });
    await writeFile(join(site.folder, 'quarantine', 'sha256-beef'), 'rotten');
    const first = await site.collectAsPlanned(NOW);
    assert.deepEqual(first.events.find((event) => event.type === 'planned')?.quarantined, {
      files: 1,
      bytes: 6,
    });
    assert.equal(first.freed, 0);
    assert.equal((await site.collectAsPlanned({ ...NOW, quarantine: true })).freed, 6);
  });
});

test('the index forgets what nobody holds or names any more', async (context) => {
  const site = await TestSite.open(context);
  const { database } = site.store.index;
  const rows = () =>
    ['digests', 'manifests', 'edges', 'repository_blobs', 'repository_manifests', 'tags', 'repositories'].map(
      (table) => database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n,
    );
  await site.image('v1', ['kept']);
  const before = rows();
  const image = await site.image('v2', ['gone']);
  await site.image('', ['gone too'], { subject: image });
  await site.image('v1', ['gone as well'], {}, 'other');
  await site.image('v3', ['last']);
  for (const [repository, tag] of [
    [R, 'v2'],
    ['other', 'v1'],
  ] as const)
    await site.store.deleteTag(repository, tag);
  await site.collectAsPlanned(NOW);
  await site.store.deleteTag(R, 'v3');
  await site.collectAsPlanned(NOW);
  const [digests, ...rest] = rows();
  // One is left, so that no number is given twice.
  assert.deepEqual([Number(digests) - 1, ...rest], before);
});

test('only one collection runs at a time', async (context) => {
  const site = await TestSite.open(context);
  const image = await site.image('v1', ['layer']);
  await site.store.deleteManifest(R, image.digest);
  const results = await Promise.allSettled([site.collect(NOW), site.collect(NOW)]);
  const codes = results.map((result) => (result.status === 'rejected' ? result.reason.code : 'done'));
  assert.deepEqual(codes.sort(), ['REGISTRY_COLLECTION_RUNNING', 'done']);
  await site.collect(NOW);
});

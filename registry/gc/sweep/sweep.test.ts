import assert from 'node:assert/strict';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { hasCode } from '../../../content/bytes/blob-file.ts';
import { referrersTag } from '../../../content/companion-tag.ts';
import { type Digest, digestOf } from '../../../content/digest.ts';
import type { Manifest } from '../../../content/store.ts';
import type { AppendNow } from '../../store/log/change-log.ts';
import { imageOf, indexOf } from '../../testing/content.ts';
import { DAY, R, TestSite } from '../../testing/gc-site.ts';
import { digestReader } from '../mark/snapshot-reader.ts';
import { type GcPlan, planGc } from '../plan/gc-plan.ts';
import { Sweep } from './sweep.ts';

const POLICY = { keepUntagged: 0, rules: [], roots: [] };

interface Garbage {
  readonly index: Manifest;
  readonly amd: Manifest;
  readonly arm: Manifest;
  readonly signature: Manifest;
}

/** A multi-arch image with a signature, all of it garbage, and an image that stays. */
async function siteWithGarbage(context: TestContext, pinFor = 0): Promise<[TestSite, Garbage]> {
  const site = await TestSite.open(context, { pinFor });
  const [amd, arm] = [await site.image('', ['base', 'amd']), await site.image('', ['base', 'arm'])];
  const index = indexOf([amd, arm]);
  await site.push(index, 'v1');
  const signature = await site.image('', ['signature'], { subject: index });
  await site.image('stays', ['stays']);
  await site.store.deleteTag(R, 'v1');
  site.later(30 * DAY);
  return [site, { index, amd, arm, signature }];
}

interface Hooks {
  /** When the lines are on the disk and nobody has been told. */
  durable?: () => void;
  /** When the index says so too, and the files are still there. */
  applied?: () => void;
  /** Before and after a file is removed. */
  removing?: () => void;
  removed?: () => void;
}

/** Takes what a plan says, with what happens at certain moments. */
async function sweep(site: TestSite, plan: GcPlan, hooks: Hooks = {}) {
  const { log, files, index, pins, clock } = site.store;
  const hookedAppend =
    (append: AppendNow): AppendNow =>
    async (entry, confirm = () => true) => {
      const done = await append(entry, () => {
        hooks.durable?.();
        return confirm();
      });
      hooks.applied?.();
      return done;
    };
  const hooked = {
    index,
    pins,
    clock,
    log: Object.create(log, {
      exclusively: {
        value: <T>(work: (append: AppendNow) => Promise<T>) =>
          log.exclusively((append) => work(hookedAppend(append))),
      },
    }),
    files: Object.create(files, {
      size: { value: (digest: Digest) => files.size(digest) },
      alone: { value: <T>(digest: Digest, work: () => Promise<T>) => files.alone(digest, work) },
      remove: {
        value: async (digest: Digest) => {
          hooks.removing?.();
          await files.remove(digest);
          hooks.removed?.();
        },
      },
    }),
  };
  const run = new Sweep(hooked, POLICY, plan.now, new AbortController().signal);
  for (const each of plan.repositories)
    for await (const _ of run.repository(each, digestReader(index.database)));
  return run.swept;
}

async function planned(site: TestSite): Promise<GcPlan> {
  return await planGc(site.store, POLICY, new AbortController().signal);
}

const ALL = ['index', 'amd', 'arm', 'signature'] as const;

describe('between the plan and the sweep', () => {
  const meanwhile: readonly {
    readonly what: string;
    readonly act: (site: TestSite, garbage: Garbage) => Promise<unknown>;
    readonly stays: readonly (keyof Garbage)[];
  }[] = [
    { what: 'the index gets a tag', act: (site, { index }) => site.push(index, 'v2'), stays: ALL },
    { what: 'a platform gets a tag', act: (site, { amd }) => site.push(amd, 'amd-only'), stays: ['amd'] },
    {
      what: 'the signature gets a tag',
      act: (site, { signature }) => site.push(signature, 'sig'),
      stays: ALL,
    },
    {
      what: 'a platform is pushed again, for an index that is still to come',
      act: (site, { arm }) => site.push(arm),
      stays: ['arm'],
    },
    {
      what: 'another index takes a platform',
      act: (site, { arm }) => site.push(indexOf([arm]), 'v2'),
      stays: ['arm'],
    },
    {
      what: 'another index takes the index',
      act: (site, { index }) => site.push(indexOf([index]), 'v2'),
      stays: ALL,
    },
    {
      what: 'something refers to the signature',
      act: (site, { signature }) => site.image('', ['countersignature'], { subject: signature }),
      stays: ALL,
    },
    {
      what: 'something refers to a platform',
      act: (site, { amd }) => site.image('', ['bill'], { subject: amd }),
      stays: ['amd'],
    },
    {
      what: 'the signature is listed under the tag of an image that stays',
      act: async (site, { signature }) => {
        const image = await site.store.readManifest(R, 'stays');
        assert.ok(image);
        await site.push(indexOf([signature]), referrersTag(image.digest));
      },
      stays: ALL,
    },
  ];
  for (const { what, act, stays } of meanwhile)
    test(`${what}, and so all stays that hangs on it`, async (context) => {
      const [site, garbage] = await siteWithGarbage(context);
      const plan = await planned(site);
      assert.equal(plan.repositories[0]?.manifests.length, ALL.length);
      await act(site, garbage);
      await sweep(site, plan);
      const still: (keyof Garbage)[] = [];
      for (const name of ALL) if (await site.store.readManifest(R, garbage[name].digest)) still.push(name);
      assert.deepEqual(still, stays);
      for (const name of still) await site.pull(R, garbage[name].digest);
      await site.pullAll();
    });

  test('a blob is pushed again, mounted or named by a new manifest, and stays', async (context) => {
    const site = await TestSite.open(context);
    for (const text of ['pushed', 'named', 'mounted', 'gone']) await site.blob(text);
    site.later(30 * DAY);
    const plan = await planned(site);
    assert.equal(plan.repositories[0]?.blobs.length, 4);
    await site.blob('pushed');
    const layer = { bytes: Buffer.from('named'), digest: digestOf('named') };
    await site.push(imageOf({ layers: [layer] }), 'v1');
    const mounted = { mediaType: 'x', digest: digestOf('mounted'), size: 7 };
    assert.ok(await site.store.mountBlob('other', mounted, R));
    await sweep(site, plan);
    const held = async (repository: string, text: string) =>
      (await site.store.statBlob(repository, digestOf(text))) !== undefined;
    assert.deepEqual(
      [
        await held(R, 'pushed'),
        await held(R, 'named'),
        await held('other', 'mounted'),
        await held(R, 'gone'),
      ],
      [true, true, true, false],
    );
    for (const text of ['pushed', 'named', 'mounted']) assert.ok(await site.hasFile(digestOf(text)));
    assert.equal(await site.hasFile(digestOf('gone')), false);
  });

  test('the repository is emptied by others and filled again', async (context) => {
    const [site, { index, amd }] = await siteWithGarbage(context);
    const plan = await planned(site);
    for (const tag of await site.store.listTags(R)) await site.store.deleteTag(R, tag);
    await site.collect({ keepUntagged: 0 });
    assert.equal(await site.store.hasRepository(R), false);
    await site.image('other', ['other'], {}, 'a/first');
    for (const text of ['{}', 'base', 'amd']) await site.blob(text);
    await site.push(amd);
    await sweep(site, plan);
    await site.pull(R, amd.digest);
    assert.equal(await site.store.readManifest(R, index.digest), undefined);
    await site.pullAll();
  });
});

describe('when the lines are durable and nobody has been told yet', () => {
  test('a client who asks for a blob finds it, now and later', async (context) => {
    const site = await TestSite.open(context, { pinFor: 900_000 });
    for (const text of ['asked for', 'gone']) await site.blob(text);
    site.later(30 * DAY);
    const said: Promise<number | undefined>[] = [];
    const swept = await sweep(site, await planned(site), {
      durable: () => said.push(site.store.statAndPinBlob(R, digestOf('asked for'))),
    });
    assert.equal(await said[0], 9);
    assert.equal(swept.blobs, 1);
    assert.ok(await site.hasFile(digestOf('asked for')));
    assert.equal(await site.hasFile(digestOf('gone')), false);
    await site.reopen();
    assert.equal(await site.store.statBlob(R, digestOf('asked for')), 9);
    assert.equal(await site.store.statBlob(R, digestOf('gone')), undefined);
  });

  test('a client who asks for a platform finds it, and all that hangs on it', async (context) => {
    const [site, { amd, index, signature }] = await siteWithGarbage(context, 900_000);
    let asked = false;
    await sweep(site, await planned(site), {
      durable: () => {
        if (!asked) void site.store.readAndPinManifest(R, amd.digest);
        asked = true;
      },
    });
    await site.pull(R, amd.digest);
    assert.equal(await site.store.readManifest(R, index.digest), undefined);
    assert.equal(await site.store.readManifest(R, signature.digest), undefined);
    assert.equal(await site.pullAll(), 1);
  });

  test('who pushes a manifest that names what goes has to wait, and finds it', async (context) => {
    const [site, { amd, arm }] = await siteWithGarbage(context, 900_000);
    const pushes: Promise<void>[] = [];
    await sweep(site, await planned(site), {
      durable: () => {
        if (pushes.length === 0)
          pushes.push(site.push(indexOf([amd, arm], { annotations: { n: '2' } }), 'v2'));
      },
    });
    await Promise.all(pushes);
    assert.equal(await site.pullAll(), 4);
  });
});

describe('who brings a blob whose file is about to be removed keeps it', () => {
  for (const [moment, repository] of [
    ['applied', R],
    ['removing', R],
    ['removing', 'other'],
    ['removed', 'other'],
  ] as const)
    test(`at "${moment}", to ${repository}`, async (context) => {
      const site = await TestSite.open(context);
      const digest = await site.blob('comes back');
      site.later(30 * DAY);
      const pushes: Promise<unknown>[] = [];
      await sweep(site, await planned(site), {
        [moment]: () => pushes.push(site.blob('comes back', repository)),
      });
      assert.equal(pushes.length, 1);
      await Promise.all(pushes);
      assert.ok(await site.hasFile(digest));
      assert.equal(await site.store.statBlob(repository, digest), 10);
    });
});

describe('a crash', () => {
  for (const moment of ['durable', 'applied', 'removing', 'removed'] as const)
    for (const lost of ['nothing', 'index.sqlite', 'registry.log'])
      test(`when it is at "${moment}", with ${lost} lost, leaves garbage and no hole`, async (context) => {
        const [site, garbage] = await siteWithGarbage(context);
        const copies: string[] = [];
        const take = async () => {
          const base = await mkdtemp(join(tmpdir(), 'skerry-gc-'));
          context.after(async () => await rm(base, { recursive: true, force: true }));
          return base;
        };
        const bases = await Promise.all([take(), take(), take()]);
        const copy = () => {
          const base = bases[copies.length];
          if (base === undefined) return;
          copyOver(site.folder, base);
          copies.push(base);
        };
        await sweep(site, await planned(site), { [moment]: copy });
        assert.ok(copies.length > 0);
        for (const folder of copies) {
          for (const name of readdirSync(folder)) if (name.startsWith(lost)) rmSync(join(folder, name));
          const after = await TestSite.open(context, { folder, now: site.clock.now });
          assert.equal(await after.pullAll(), 1);
          const { digest } = garbage.index;
          if (await after.store.readManifest(R, digest)) await after.pull(R, digest);
          after.later(DAY);
          await after.collect({ keepUntagged: 0 });
          assert.equal(await after.pullAll(), 1);
          assert.equal(await after.fileBytes(), await site.fileBytes());
        }
      });
});

// Other files may be on their way out while the copy is made.
function copyOver(from: string, to: string): void {
  for (let tries = 20; ; tries--)
    try {
      rmSync(to, { recursive: true, force: true });
      cpSync(from, to, { recursive: true });
      return;
    } catch (error) {
      if (tries === 0 || !hasCode(error, 'ENOENT')) throw error;
    }
}

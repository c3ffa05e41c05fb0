import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { companionTags, referrersTag, subjectOfTag } from '../../content/companion-tag.ts';
import { digestOf } from '../../content/digest.ts';
import { parseManifest } from '../../content/manifest.ts';
import type { Manifest } from '../../content/store.ts';
import { imageOf, indexOf } from '../testing/content.ts';
import { DAY, TestSite } from '../testing/gc-site.ts';

const REPOSITORIES = ['a', 'b/c'];

type Step = (site: TestSite) => Promise<void>;

const repository = fc.constantFrom(...REPOSITORIES);
const tag = fc.constantFrom('v1', 'v2', 'v3');
const reference = fc.oneof(tag, fc.constant(''));
const number = fc.integer({ min: 0, max: 7 });

function imageNumber(n: number): { image: Manifest; layers: string[] } {
  const layers = [`layer ${n}`, `layer ${n % 3}`];
  return { layers, image: imageOf({ annotations: { n: `${n}` } }) };
}

async function pushImage(site: TestSite, into: string, n: number, under: string): Promise<Manifest> {
  const { layers } = imageNumber(n);
  return await site.image(under, layers, { annotations: { n: `${n}` } }, into);
}

/** What a tag leads to, if anything. */
async function tagged(site: TestSite, into: string, name: string): Promise<Manifest | undefined> {
  return await site.store.readManifest(into, name);
}

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(repository, number, reference).map(
    ([into, n, under]): Step =>
      async (site) =>
        void (await pushImage(site, into, n, under)),
  ),
  fc.tuple(repository, number, number, reference).map(
    ([into, a, b, under]): Step =>
      async (site) => {
        const images = [await pushImage(site, into, a, ''), await pushImage(site, into, b, '')];
        await site.push(indexOf(images), under, into);
      },
  ),
  fc.tuple(repository, tag, number).map(
    ([into, of, n]): Step =>
      async (site) => {
        const subject = await tagged(site, into, of);
        if (subject !== undefined) await site.image('', [`referrer ${n}`], { subject }, into);
      },
  ),
  fc.tuple(repository, tag, number).map(
    ([into, of, n]): Step =>
      async (site) => {
        const subject = await tagged(site, into, of);
        if (subject !== undefined)
          await site.image(`${referrersTag(subject.digest)}.sig`, [`sig ${n}`], {}, into);
      },
  ),
  fc.tuple(repository, number).map(
    ([into, n]): Step =>
      async (site) =>
        void (await site.blob(`layer ${n}`, into)),
  ),
  fc.tuple(repository, tag).map(
    ([into, name]): Step =>
      async (site) =>
        void (await site.store.deleteTag(into, name)),
  ),
  fc.tuple(repository, tag).map(
    ([into, name]): Step =>
      async (site) => {
        const manifest = await tagged(site, into, name);
        if (manifest !== undefined) await site.store.deleteManifest(into, manifest.digest);
      },
  ),
  fc.tuple(repository, number).map(
    ([into, n]): Step =>
      async (site) => {
        await site.store.deleteBlob(into, digestOf(`layer ${n}`));
      },
  ),
  fc.tuple(repository, repository, number).map(
    ([into, from, n]): Step =>
      async (site) => {
        const blob = { mediaType: 'text/plain', digest: digestOf(`layer ${n}`), size: 7 };
        await site.store.mountBlob(into, blob, from);
      },
  ),
  fc.constantFrom(1, DAY / 2, 3 * DAY).map(
    (ms): Step =>
      async (site) =>
        site.later(ms),
  ),
  fc.constant(async (site: TestSite) => await site.reopen()),
  fc.constant(async (site: TestSite) => await site.reopen(async () => await loseIndex(site))),
  fc.constantFrom(0, 7 * DAY).map(
    (keepUntagged): Step =>
      async (site) => {
        await collectAndLook(site, keepUntagged);
      },
  ),
);

async function loseIndex(site: TestSite): Promise<void> {
  for (const name of await readdir(site.folder))
    if (name.startsWith('index.sqlite')) await rm(join(site.folder, name));
}

/** All that can be had by way of the tags, companions' tags by way of what they belong to: some of what they name may have been deleted by name. */
async function reachable({ store }: TestSite): Promise<Set<string>> {
  const found = new Set<string>();
  for (const name of await store.listRepositories()) {
    const queue = (await store.listTags(name)).filter((each) => subjectOfTag(each) === undefined);
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const manifest = await store.readManifest(name, next);
      if (manifest === undefined || found.has(`${name}@${manifest.digest}`)) continue;
      found.add(`${name}@${manifest.digest}`);
      const { blobs, manifests } = parseManifest(manifest, next);
      for (const { digest } of blobs) {
        const reader = await store.readBlob(name, digest);
        if (reader === undefined) continue;
        assert.equal(digestOf(Buffer.concat(await Array.fromAsync(reader.stream))), digest);
        found.add(`${name}@${digest}`);
      }
      const referrers = await store.listReferrers(name, manifest.digest);
      queue.push(...[...manifests, ...referrers].map(({ digest }) => digest));
      queue.push(...companionTags(manifest.digest));
    }
  }
  return found;
}

/** What comes back is what the plan said, a second look finds nothing more, and what a tag leads to is still there. */
async function collectAndLook(site: TestSite, keepUntagged: number): Promise<void> {
  const before = await reachable(site);
  await site.collectAsPlanned({ keepUntagged });
  assert.deepEqual(before.difference(await reachable(site)), new Set());
  const again = await site.collect({ keepUntagged, plan: true });
  assert.equal(again.planned, 0);
}

describe('any history', () => {
  test('of pushes, deletes, time and collections frees what was said and keeps what has a tag', async (context) => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 25 }), async (history) => {
        const site = await TestSite.open(context);
        for (const step of history) await step(site);
        await collectAndLook(site, 0);
        // In the end, with no tag and no time left, nothing stays.
        for (const name of await site.store.listRepositories())
          for (const each of await site.store.listTags(name)) await site.store.deleteTag(name, each);
        site.later(2 * DAY);
        await site.collectAsPlanned({ keepUntagged: 0 });
        assert.equal(await site.fileBytes(), 0);
        assert.deepEqual(await site.store.listRepositories(), []);
      }),
      { numRuns: 30 },
    );
  });
});

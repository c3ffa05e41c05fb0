import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type Digest, digestOf } from '../../../content/digest.ts';
import type { Manifest } from '../../../content/store.ts';
import { imageOf } from '../../testing/content.ts';
import { type FoundReferrers, type ReferrersQuery, StoreIndex } from '../index/store-index.ts';
import { openServedStore } from '../open.ts';
import type { ServedStore } from '../served-store.ts';
import { ReferrerPages } from './referrer-pages.ts';

const R = 'team/app';
const SUBJECT = imageOf({ annotations: { is: 'the subject' } });
const MEGABYTE = 1_000_000;

async function opened(context: TestContext): Promise<ServedStore> {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-referrers-'));
  const store = await openServedStore(folder);
  context.after(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  return store;
}

async function push(store: ServedStore, count: number, bytes: number, repository = R): Promise<Digest[]> {
  const digests: Digest[] = [];
  for (let n = 0; n < count; n++) {
    const annotations = { n: `${n}`, long: 'x'.repeat(bytes) };
    const referrer = imageOf({ subject: SUBJECT, artifactType: n % 5 === 0 ? 'a/five' : 'a/b', annotations });
    await store.writeManifest(repository, referrer.digest, referrer);
    digests.push(referrer.digest);
  }
  return digests;
}

async function walk(store: ServedStore, artifactType?: string) {
  const pages: { bytes: number; entries: Manifest[] }[] = [];
  let after: string | undefined;
  do {
    const { index, next } = await store.pageReferrers(R, SUBJECT.digest, { artifactType, after });
    pages.push({ bytes: index.byteLength, entries: JSON.parse(index.toString()).manifests });
    after = next;
  } while (after !== undefined);
  return { pages, digests: pages.flatMap(({ entries }) => entries.map(({ digest }) => digest)) };
}

describe('a list of referrers', () => {
  test('is read a page at a time, however large it is', async (context) => {
    const store = await opened(context);
    const digests = await push(store, 30, MEGABYTE);
    const read: number[] = [];
    const index = StoreIndex.open(join(store.folder, 'index.sqlite'));
    assert.ok(index);
    context.after(() => index.close());
    const watched = {
      revision: 0,
      referrers: (query: ReferrersQuery): FoundReferrers => {
        const found = index.referrers(query);
        read.push(Buffer.byteLength(found.json));
        return found;
      },
    };
    const { next } = new ReferrerPages(watched).page(R, SUBJECT.digest, {});
    assert.equal(next, digests.sort()[3]);
    assert.deepEqual(
      read.map((bytes) => Math.round(bytes / MEGABYTE)),
      [4],
    );
    const { pages, digests: walked } = await walk(store);
    assert.deepEqual(walked, digests);
    assert.equal(pages.length, 8);
    for (const { bytes } of pages) assert.ok(bytes <= 4 * 1024 * 1024, `${bytes}`);
    const all = await store.listReferrers(R, SUBJECT.digest);
    assert.deepEqual(
      all.map(({ digest }) => digest),
      digests,
    );
  });

  test('of one type is read without the others', async (context) => {
    const store = await opened(context);
    const digests = await push(store, 30, MEGABYTE);
    const { pages, digests: walked } = await walk(store, 'a/five');
    assert.deepEqual(walked, digests.filter((_, n) => n % 5 === 0).sort());
    assert.deepEqual(
      pages.map(({ entries }) => entries.length),
      [4, 2],
    );
    assert.deepEqual((await walk(store, 'a/none')).digests, []);
  });

  test('goes on after a referrer that fills a page', async (context) => {
    const store = await opened(context);
    const digests = await push(store, 3, 4 * 1024 * 1024 - 2000);
    const { pages, digests: walked } = await walk(store);
    assert.deepEqual(walked, digests.sort());
    assert.equal(pages.length, 3);
  });

  test('holds those of its repository, with the media types that they have there', async (context) => {
    const store = await opened(context);
    const { bytes, digest } = imageOf({ subject: SUBJECT, artifactType: 'a/b', annotations: { a: 'ü"\\' } });
    const types = ['application/vnd.docker.distribution.manifest.v2+json', SUBJECT.mediaType] as const;
    await store.writeManifest('x/one', digest, { bytes, digest, mediaType: types[0] });
    await store.writeManifest('x/two', digest, { bytes, digest, mediaType: types[1] });
    for (const [repository, mediaType] of [
      ['x/one', types[0]],
      ['x/two', types[1]],
    ] as const)
      assert.deepEqual(await store.listReferrers(repository, SUBJECT.digest), [
        { mediaType, digest, size: bytes.byteLength, artifactType: 'a/b', annotations: { a: 'ü"\\' } },
      ]);
    assert.deepEqual(await store.listReferrers('x/three', SUBJECT.digest), []);
  });
});

describe('pages of referrers that are kept', () => {
  test('are read again only when something has changed', () => {
    const index = new TestIndex(10);
    const pages = new ReferrerPages(index);
    const first = pages.page(R, SUBJECT.digest, {});
    assert.equal(pages.page(R, SUBJECT.digest, {}), first);
    assert.equal(index.reads, 1);
    index.revision++;
    assert.notEqual(pages.page(R, SUBJECT.digest, {}), first);
    assert.equal(index.reads, 2);
  });

  test('are those of one repository, one subject, one type and one place in the list', () => {
    const index = new TestIndex(10);
    const pages = new ReferrerPages(index);
    const other = digestOf('other');
    for (const _ of [1, 2]) {
      pages.page(R, SUBJECT.digest, {});
      pages.page('team/other', SUBJECT.digest, {});
      pages.page(R, other, {});
      pages.page(R, SUBJECT.digest, { artifactType: 'a/b' });
      pages.page(R, SUBJECT.digest, { after: other });
      pages.page(R, SUBJECT.digest, { after: other, artifactType: 'a/b' });
    }
    assert.equal(index.reads, 6);
  });

  test('are no more than a few megabytes', () => {
    const index = new TestIndex(4 * MEGABYTE);
    const pages = new ReferrerPages(index);
    const ask = (n: number) => pages.page(R, digestOf(`${n}`), {});
    for (let n = 0; n < 20; n++) ask(n);
    // From the last on, so that each that was kept is found.
    for (let n = 19; n >= 0; n--) ask(n);
    const kept = 40 - index.reads;
    assert.ok(kept > 0 && kept * 4 * MEGABYTE <= 16 * 1024 * 1024, `${kept} were kept`);
  });
});

class TestIndex {
  revision = 0;
  reads = 0;
  readonly #json: string;

  constructor(bytes: number) {
    this.#json = JSON.stringify('x'.repeat(bytes));
  }

  referrers(): FoundReferrers {
    this.reads++;
    return { json: this.#json, next: undefined };
  }
}

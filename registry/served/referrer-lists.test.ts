import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Digest, digestOf } from '../../content/digest.ts';
import { ReferrerLists } from './referrer-lists.ts';

const SUBJECT = digestOf('subject');

test('a list is read again only when something has changed', () => {
  const index = new TestIndex(['a', 'b']);
  const lists = new ReferrerLists(index);
  assert.deepEqual(digests(lists, SUBJECT), [digestOf('a'), digestOf('b')]);
  assert.deepEqual(digests(lists, SUBJECT), [digestOf('a'), digestOf('b')]);
  assert.equal(index.reads, 1);
  index.change(['b', 'c']);
  assert.deepEqual(digests(lists, SUBJECT), [digestOf('b'), digestOf('c')]);
  assert.equal(index.reads, 2);
});

test('lists of other repositories and other subjects are others', () => {
  const index = new TestIndex(['a']);
  const lists = new ReferrerLists(index);
  lists.list('team/app', SUBJECT);
  lists.list('team/other', SUBJECT);
  lists.list('team/app', digestOf('other'));
  assert.equal(index.reads, 3);
});

test('more referrers than are kept are all listed, time and again', () => {
  const names = Array.from({ length: 12_000 }, (_, at) => String(at));
  const index = new TestIndex(names);
  const lists = new ReferrerLists(index);
  for (const _ of [1, 2]) {
    assert.equal(digests(lists, SUBJECT).length, names.length);
    index.change(names);
  }
});

test('what is no descriptor is left out', () => {
  const lists = new ReferrerLists({ revision: 0, referrers: () => ['{}', 'not JSON', textOf('a')] });
  assert.deepEqual(digests(lists, SUBJECT), [digestOf('a')]);
});

class TestIndex {
  revision = 0;
  reads = 0;
  #names: readonly string[];

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  change(names: readonly string[]): void {
    this.#names = names;
    this.revision++;
  }

  referrers(): string[] {
    this.reads++;
    return this.#names.map(textOf);
  }
}

function textOf(name: string): string {
  return JSON.stringify({ mediaType: 'application/vnd.example', digest: digestOf(name), size: 1 });
}

function digests(lists: ReferrerLists, subject: Digest): Digest[] {
  return lists.list('team/app', subject).map(({ digest }) => digest);
}

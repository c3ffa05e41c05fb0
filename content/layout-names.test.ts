import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Descriptor } from './descriptor.ts';
import { digestOf } from './digest.ts';
import { LayoutNames } from './layout-names.ts';
import { MediaType } from './media-type.ts';
import { page } from './page.ts';

const pairs = fc.array(
  fc.tuple(fc.constantFrom('a', 'b/c', 'host:5000/d'), fc.constantFrom('v1', 'v2', 'v3')),
);
const options = fc.record({
  limit: fc.option(fc.nat(4), { nil: undefined }),
  after: fc.option(fc.constantFrom('a', 'b', 'v1', 'v2', 'z'), { nil: undefined }),
});

test('everything that an index names is found, the first entry of a name first', () => {
  fc.assert(
    fc.property(pairs, options, (named, asked) => {
      const index = named.map(([repository, tag], number) => entry(`${number}`, `${repository}:${tag}`));
      const names = new LayoutNames(index);
      for (const [repository, tag] of named) {
        const first = named.findIndex((pair) => pair[0] === repository && pair[1] === tag);
        assert.equal(names.findTag(repository, tag), index[first]);
        const tags = named.filter((pair) => pair[0] === repository).map((pair) => pair[1]);
        assert.deepEqual(names.listTags(repository, asked), page(tags, asked));
        assert.equal(names.hasRepository(repository), true);
      }
      for (const each of index) assert.equal(names.findDigest(each.digest), each);
      assert.deepEqual(
        names.listRepositories(asked),
        page(
          named.map(([repository]) => repository),
          asked,
        ),
      );
    }),
  );
});

test('names of objects are not names of repositories, and an entry without a name has a digest alone', () => {
  const names = new LayoutNames([entry('x')]);
  for (const name of ['constructor', '__proto__', 'toString']) {
    assert.equal(names.findTag(name, name), undefined);
    assert.equal(names.hasRepository(name), false);
    assert.deepEqual(names.listTags(name), []);
  }
  assert.deepEqual(names.listRepositories(), []);
  assert.equal(names.findDigest(digestOf('x'))?.size, 1);
});

function entry(content: string, name?: string): Descriptor {
  return {
    mediaType: MediaType.manifest,
    digest: digestOf(content),
    size: content.length,
    ...(name === undefined ? {} : { annotations: { 'org.opencontainers.image.ref.name': name } }),
  };
}

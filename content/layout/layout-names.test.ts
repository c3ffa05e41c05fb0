import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Descriptor } from '../descriptor.ts';
import { digestOf } from '../digest.ts';
import { MediaType } from '../media-type.ts';
import { page } from '../page.ts';
import { parseReference, repositoryOf } from '../reference.ts';
import { LayoutNames } from './layout-names.ts';

const pairs = fc.array(
  fc.tuple(fc.constantFrom('a', 'b/c', 'host-5000/d'), fc.constantFrom('v1', 'v2', 'v3')),
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

test('one repository is found under every way to write it, and under no other', () => {
  const spellings = [
    [
      'traefik',
      'library/traefik',
      'docker.io/traefik',
      'docker.io/library/traefik',
      'index.docker.io/traefik',
    ],
    ['acme/x', 'docker.io/acme/x', 'index.docker.io/acme/x'],
    ['registry.local:5000/team/app', 'registry.local-5000/team/app', 'Registry.Local:5000/team/app'],
    ['registry.local/team/app'],
    ['quay.io/library/traefik'],
  ];
  for (const held of spellings.flat()) {
    const names = new LayoutNames([entry('x', `${held}:v3`)]);
    const [listed] = names.listRepositories();
    for (const group of spellings) {
      for (const asked of group) {
        const found = names.spellingOf(repositoryOf(parseReference(asked)));
        assert.equal(found, group.includes(held) ? listed : undefined, `${asked} in a layout of ${held}`);
      }
    }
  }
});

test('a tag without a repository is found where one entry has it', () => {
  const names = new LayoutNames([entry('x', 'v1'), entry('y', 'v2'), entry('z', 'v2'), entry('w', 'a:v3')]);
  assert.equal(names.findBareTag('v1')?.digest, digestOf('x'));
  assert.equal(names.findBareTag('v2'), undefined);
  assert.equal(names.findBareTag('v3'), undefined);
});

function entry(content: string, name?: string): Descriptor {
  return {
    mediaType: MediaType.manifest,
    digest: digestOf(content),
    size: content.length,
    ...(name === undefined ? {} : { annotations: { 'org.opencontainers.image.ref.name': name } }),
  };
}

test('a tag that docker named moves like any other, and another name of an entry stays', () => {
  const full = 'io.containerd.image.name';
  const ref = 'org.opencontainers.image.ref.name';
  const docker = { ...entry('x'), annotations: { [full]: 'a.example/x:1', [ref]: '1' } };
  const both = { ...entry('y'), annotations: { [full]: 'a.example/y:1', [ref]: 'b.example/y:1' } };
  const names = new LayoutNames([docker, both]);
  assert.equal(names.setTag('a.example/x', '1', entry('z')), true);
  assert.equal(names.findTag('a.example/x', '1')?.digest, digestOf('z'));
  assert.equal(new LayoutNames(names.index).findTag('a.example/x', '1')?.digest, digestOf('z'));
  assert.equal(names.deleteTag('b.example/y', '1'), true);
  const again = new LayoutNames(names.index);
  assert.equal(again.findTag('a.example/y', '1')?.digest, digestOf('y'));
  assert.deepEqual(again.listRepositories(), ['a.example/x', 'a.example/y']);
});

test('names that are set and deleted are found as if the index had been read again', () => {
  const change = fc.record({
    repository: fc.constantFrom('a', 'b/c'),
    tag: fc.constantFrom('v1', 'v2'),
    what: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const names = new LayoutNames([]);
      for (const { repository, tag, what } of changes) {
        if (what === undefined) names.deleteTag(repository, tag);
        else names.setTag(repository, tag, entry(what));
      }
      const again = new LayoutNames(names.index);
      assert.deepEqual(names.listRepositories(), again.listRepositories());
      for (const repository of ['a', 'b/c']) {
        assert.deepEqual(names.listTags(repository), again.listTags(repository));
        for (const tag of ['v1', 'v2'])
          assert.equal(names.findTag(repository, tag)?.digest, again.findTag(repository, tag)?.digest);
      }
    }),
  );
});

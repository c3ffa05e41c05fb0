import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Descriptor } from './descriptor.ts';
import { digestOf } from './digest.ts';
import { isSkerryError } from './error.ts';
import {
  checkLayoutFile,
  formatIndex,
  type LayoutIndex,
  namesIn,
  OCI_LAYOUT_FILE,
  parseIndex,
  withTag,
  withUntagged,
} from './layout-index.ts';
import { LayoutNames } from './layout-names.ts';
import { MediaType } from './media-type.ts';

const A = 'registry.example/a';

test('the order of arrival leaves no trace in an index, and it is read back as it was', () => {
  const entries = fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b/c'), fc.constantFrom('v1', 'v2', 'v3')), {
    selector: (pair) => pair.join(':'),
  });
  fc.assert(
    fc.property(entries, (pairs) => {
      const add = (index: LayoutIndex, [repository, tag]: [string, string]) =>
        withTag(index, repository, tag, descriptor(repository + tag));
      const forth = pairs.reduce(add, []);
      const back = pairs.toReversed().reduce(add, []);
      assert.equal(formatIndex(forth), formatIndex(back));
      assert.deepEqual(parseIndex(formatIndex(forth), 'x'), forth);
      assert.equal(namesIn(forth).length, pairs.length);
    }),
  );
});

test('a tag names one entry; a manifest without a tag is kept once and sorts last', () => {
  const [one, two] = [descriptor('one'), descriptor('two')];
  let index = withTag([], A, 'v1', one);
  index = withTag(index, A, 'v1', two);
  assert.equal(new LayoutNames(index).findTag(A, 'v1')?.digest, two.digest);
  assert.equal(new LayoutNames(index).findDigest(one.digest), undefined);
  index = withUntagged(withUntagged(index, one), one);
  assert.equal(withUntagged(index, two), index, 'what a tag names is found already');
  assert.deepEqual(
    index.map(({ digest }) => digest),
    [two.digest, one.digest],
  );
  assert.equal(new LayoutNames(index).findTag(A, 'v2'), undefined);
});

test('names without a repository and tag are no names', () => {
  const named = (name: string) => ({
    ...descriptor(name),
    annotations: { 'org.opencontainers.image.ref.name': name },
  });
  const index = ['v1', ':v1', 'a:', 'a:bad tag', 'host:5000/a:v1'].map(named);
  assert.deepEqual(namesIn(index), [{ repository: 'host:5000/a', tag: 'v1' }]);
});

test('layouts of another version and broken indexes are refused', () => {
  checkLayoutFile(OCI_LAYOUT_FILE, 'x');
  for (const text of ['', '{}', '[]', '{"imageLayoutVersion":"2.0.0"}', '{"imageLayoutVersion":1}']) {
    assert.throws(() => checkLayoutFile(text, 'x'), invalid, text);
  }
  const entry = JSON.stringify(descriptor('x'));
  for (const text of [
    '',
    'null',
    '{"schemaVersion":1,"manifests":[]}',
    '{"schemaVersion":2}',
    `{"schemaVersion":2,"manifests":[${entry.replace('sha256:', 'sha256:../')}]}`,
    `{"schemaVersion":2,"manifests":[${entry.replace('"size":1', '"size":-1')}]}`,
    `{"schemaVersion":2,"manifests":[${entry.replace('"size":1', '"size":1e999')}]}`,
  ]) {
    assert.throws(() => parseIndex(text, 'x'), invalid, text);
  }
});

test('an index of nothing but mistakes is refused in few words, before they fill the memory', () => {
  const text = `{"schemaVersion":2,"manifests":[${'{},'.repeat(3_000_000)}{}]}`;
  assert.throws(
    () => parseIndex(text, 'x'),
    (error) => invalid(error) && error instanceof Error && error.message.length < 10_000,
  );
});

function descriptor(text: string): Descriptor {
  return { mediaType: MediaType.manifest, digest: digestOf(text), size: 1 };
}

function invalid(error: unknown): boolean {
  return isSkerryError(error, 'LAYOUT_INVALID');
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Descriptor } from '../descriptor.ts';
import { digestOf } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { MediaType } from '../media-type.ts';
import {
  bareTag,
  checkLayoutFile,
  formatIndex,
  namesIn,
  OCI_LAYOUT_FILE,
  parseIndex,
} from './layout-index.ts';
import { LayoutNames } from './layout-names.ts';

const A = 'registry.example/a';
const FULL = 'io.containerd.image.name';
const REF = 'org.opencontainers.image.ref.name';

test('the order of arrival leaves no trace in an index, and it is read back as it was', () => {
  const entries = fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b/c'), fc.constantFrom('v1', 'v2', 'v3')), {
    selector: (pair) => pair.join(':'),
  });
  fc.assert(
    fc.property(entries, (pairs) => {
      const indexOf = (added: readonly [string, string][]) => {
        const names = new LayoutNames([]);
        for (const [repository, tag] of added) names.setTag(repository, tag, descriptor(repository + tag));
        return names.index;
      };
      const forth = indexOf(pairs);
      const back = indexOf(pairs.toReversed());
      assert.equal(formatIndex(forth), formatIndex(back));
      assert.deepEqual(parseIndex(formatIndex(forth), 'x'), forth);
      assert.equal(namesIn(forth).length, pairs.length);
    }),
  );
});

test('a tag names one entry; a manifest without a tag is kept once and sorts last', () => {
  const [one, two] = [descriptor('one'), descriptor('two')];
  const names = new LayoutNames([]);
  assert.deepEqual([names.setTag(A, 'v1', one), names.setTag(A, 'v1', two)], [true, true]);
  assert.equal(names.setTag(A, 'v1', two), false, 'it stands for that already');
  assert.equal(names.findTag(A, 'v1')?.digest, two.digest);
  assert.equal(names.findDigest(one.digest), undefined);
  assert.deepEqual([names.addUntagged(one), names.addUntagged(one)], [true, false]);
  assert.equal(names.addUntagged(two), false, 'what a tag names is found already');
  assert.deepEqual(
    names.index.map(({ digest }) => digest),
    [two.digest, one.digest],
  );
  assert.equal(names.findTag(A, 'v2'), undefined);
});

test('names without a repository and tag are no names', () => {
  const named = (name: string) => ({
    ...descriptor(name),
    annotations: { 'org.opencontainers.image.ref.name': name },
  });
  const index = ['v1', ':v1', 'a:', 'a:bad tag', 'host:5000/a:v1'].map(named);
  assert.deepEqual(namesIn(index), [{ repository: 'host-5000/a', tag: 'v1' }]);
  assert.deepEqual(index.map(bareTag), ['v1', undefined, undefined, undefined, undefined]);
});

test('names are read as every tool writes them', () => {
  const cases: [Record<string, string>, string[], string?][] = [
    // docker buildx -o type=oci, docker save, ctr export
    [{ [FULL]: 'images.example/acme/bx:1.0', [REF]: '1.0' }, ['images.example/acme/bx:1.0']],
    [{ [FULL]: 'docker.io/library/traefik:v3', [REF]: 'v3' }, ['docker.io/library/traefik:v3']],
    [{ [FULL]: 'traefik:v3' }, ['docker.io/library/traefik:v3']],
    // ours, podman save, skopeo copy oci:FOLDER:NAME:TAG
    [{ [REF]: 'registry.local:5000/team/app:1.0' }, ['registry.local-5000/team/app:1.0']],
    [{ [REF]: 'team/app:1.0' }, ['team/app:1.0']],
    [{ [FULL]: 'a.example/x:1', [REF]: 'b.example/x:1' }, ['a.example/x:1', 'b.example/x:1']],
    // skopeo copy oci:FOLDER:TAG, oras, regctl
    [{ [REF]: 'v3' }, [], 'v3'],
    [{}, []],
    [{ [FULL]: 'not a name', [REF]: 'v3' }, [], 'v3'],
    [{ [FULL]: `images.example/x@${digestOf('x')}` }, []],
  ];
  for (const [annotations, names, bare] of cases) {
    const entry = { ...descriptor('x'), annotations };
    assert.deepEqual(
      namesIn([entry]).map(({ repository, tag }) => `${repository}:${tag}`),
      names,
    );
    assert.equal(bareTag(entry), bare);
  }
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

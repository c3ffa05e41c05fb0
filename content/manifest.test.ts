import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from './digest.ts';
import { isSkerryError } from './error.ts';
import { MAX_MANIFEST_BYTES, manifestOf, mediaTypeOfManifest, parseManifest } from './manifest.ts';
import { MediaType } from './media-type.ts';

const BLOB = { mediaType: MediaType.layer, digest: digestOf('x'), size: 1 };
const IMAGE = { schemaVersion: 2, mediaType: MediaType.manifest, config: BLOB, layers: [BLOB] };

test('an image names its config and layers, an index its manifests', () => {
  const image = parse({ ...IMAGE, subject: BLOB, artifactType: 'a/b' }, MediaType.manifest);
  assert.deepEqual(
    [image.blobs.length, image.manifests.length, image.artifactType, image.subject?.digest],
    [2, 0, 'a/b', BLOB.digest],
  );
  const child = { ...BLOB, mediaType: MediaType.manifest, platform: { os: 'linux', architecture: 'arm64' } };
  const index = parse({ schemaVersion: 2, manifests: [child] }, MediaType.dockerList);
  assert.deepEqual([index.blobs.length, index.manifests[0]?.platform?.architecture], [0, 'arm64']);
});

test('layers that may not be given on are left out', () => {
  const layers = [
    BLOB,
    { ...BLOB, mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' },
    { ...BLOB, mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip' },
  ];
  assert.equal(parse({ ...IMAGE, layers }, MediaType.dockerManifest).blobs.length, 2);
});

test('a manifest that could be read in two ways, or in none, is refused', () => {
  const wrong: [object | string, string][] = [
    [{ ...IMAGE, manifests: [BLOB] }, MediaType.manifest],
    [{ ...IMAGE, manifests: [BLOB] }, MediaType.index],
    [{ schemaVersion: 2, layers: [BLOB] }, MediaType.manifest],
    [{ schemaVersion: 1, name: 'old' }, MediaType.manifest],
    [{ ...IMAGE, config: { ...BLOB, size: -1 } }, MediaType.manifest],
    [{ ...IMAGE, config: { ...BLOB, size: 1e300 } }, MediaType.manifest],
    [{ ...IMAGE, config: { ...BLOB, digest: 'sha256:../../x' } }, MediaType.manifest],
    [{ ...IMAGE, config: { ...BLOB, mediaType: '' } }, MediaType.manifest],
    [[], MediaType.manifest],
    ['null', MediaType.manifest],
    ['{', MediaType.manifest],
    [' '.repeat(MAX_MANIFEST_BYTES + 1), MediaType.manifest],
    ['['.repeat(MAX_MANIFEST_BYTES), MediaType.manifest],
    // A few megabytes that hold a million mistakes must not become gigabytes of error messages.
    [`{"schemaVersion":2,"layers":[${'1,'.repeat(1_900_000)}1]}`, MediaType.manifest],
    [{ ...IMAGE, annotations: manyKeys() }, MediaType.manifest],
    [{ ...IMAGE, config: { ...BLOB, urls: Array(1_000_000).fill(1) } }, MediaType.manifest],
  ];
  for (const [json, mediaType] of wrong) {
    const what = JSON.stringify(json).slice(0, 80);
    assert.throws(() => parse(json, mediaType), refused, what);
  }
  assert.throws(() => parseManifest({ mediaType: 'x', bytes: Buffer.from([0xff]) }, 'x'), refused);
});

test('a key called __proto__ in annotations changes no object', () => {
  const text = JSON.stringify({ ...IMAGE, annotations: { keep: '1' } }).replace(
    '"keep"',
    '"__proto__":"x","keep"',
  );
  const { annotations } = parse(text, MediaType.manifest);
  assert.deepEqual(Object.keys(annotations ?? {}), ['keep']);
  assert.equal(Object.getPrototypeOf(annotations), Object.prototype);
});

test('the media type is what the manifest says itself, then what was said of it, then what its fields make it', () => {
  const type = (json: object, said?: string) => mediaTypeOfManifest(encode(json), 'x', said);
  assert.equal(type(IMAGE, MediaType.dockerManifest), MediaType.manifest);
  assert.equal(type({ schemaVersion: 2, config: BLOB }, MediaType.dockerManifest), MediaType.dockerManifest);
  assert.equal(type({ schemaVersion: 2, config: BLOB }), MediaType.manifest);
  assert.equal(type({ schemaVersion: 2, manifests: [] }), MediaType.index);
});

test('a manifest that is made twice is the same bytes', () => {
  const [one, two] = [manifestOf(MediaType.manifest, IMAGE), manifestOf(MediaType.manifest, { ...IMAGE })];
  assert.deepEqual(one, two);
  assert.equal(one.digest, digestOf(one.bytes));
});

function parse(json: object | string, mediaType: string) {
  return parseManifest({ mediaType, bytes: encode(json) }, 'registry.example/app:v1');
}

function encode(json: object | string): Buffer {
  return Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
}

function manyKeys(): object {
  return Object.fromEntries(Array.from({ length: 300_000 }, (_, i) => [i.toString(36), 1]));
}

function refused(error: unknown): boolean {
  return isSkerryError(error, 'MANIFEST_INVALID');
}

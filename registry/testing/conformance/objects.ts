import type { Descriptor } from '../../../content/descriptor.ts';
import { type Algorithm, type Digest, digestOf } from '../../../content/digest.ts';
import { MediaType } from '../../../content/media-type.ts';
import type { Manifest } from '../../../content/store.ts';
import { blobOf, type TestBlob } from '../content.ts';

/** For the conformance tests: an object of some kind, as a client pushes it. */
export interface TestObject {
  readonly blobs: readonly TestBlob[];
  /** In the order in which they are pushed. */
  readonly manifests: readonly Manifest[];
  readonly tags: Readonly<Record<string, Manifest>>;
  /** Tags go as parameters of the digest. */
  readonly tagParameters?: boolean;
  /** The registry warns of it. */
  readonly sparse?: boolean;
}

const ARTIFACT = 'application/vnd.example.thing.v1';

/** Every kind of object that the specification speaks of, by name. */
export function testObjects(): Readonly<Record<string, TestObject>> {
  return {
    'an image': single(image('image')),
    'an image with a plain layer': single(image('plain', { layerType: MediaType.layer })),
    'an image with a large manifest': single(image('large', { fields: { annotations: longAnnotations() } })),
    'an image without layers': single(image('no layers', { layers: 0 })),
    'an image with fields of its own': single(
      image('custom', { fields: { 'org.example': { deep: [1, null, 'ü'] }, newField: 'x' } }),
    ),
    'an image with data in its descriptors': single(image('data', { data: true })),
    'an image with layers that are not distributable': single(
      image('foreign', {
        more: [foreign('nondistributable.v1.tar'), foreign('nondistributable.v1.tar+gzip')],
      }),
    ),
    'an image under sha512': single(image('sha512', { algorithm: 'sha512' })),
    'an image of sha256 with layers of sha512': single(image('mixed', { layerAlgorithm: 'sha512' })),
    'an image of Docker schema 2': single(image('docker', { type: MediaType.dockerManifest })),
    'a sparse image': { ...single(image('sparse', { missing: 1 })), sparse: true },
    'an index': index('index', [image('amd64'), image('arm64')]),
    'an index of Docker': index(
      'list',
      ['amd64', 'arm64'].map((each) => image(`d ${each}`, { type: MediaType.dockerManifest })),
      { type: MediaType.dockerList },
    ),
    'an index of indexes': index('outer', [
      index('inner 1', [image('1'), image('2')]),
      index('inner 2', [image('3'), image('4')]),
    ]),
    'an empty index': index('empty', []),
    'a sparse index': index('sparse', [image('here'), image('there', { left: true })]),
    'an index under sha512': index(
      'sha512',
      ['1', '2'].map((each) => image(each, { algorithm: 'sha512' })),
      { algorithm: 'sha512' },
    ),
    'an index of sha256 over images of sha512': index('mixed', [image('m', { algorithm: 'sha512' })]),
    'an artifact': single(artifact('artifact')),
    'an artifact without layers': single(artifact('no layers', { layers: 0, more: [EMPTY] })),
    'an index of artifacts': index('artifacts', [artifact('1'), artifact('2')], {
      fields: { artifactType: ARTIFACT },
    }),
    'artifacts with a subject': referrers(image('subject')),
    'artifacts with a subject that is not there': referrers(image('gone', { left: true })),
    'artifacts with a subject under sha512': referrers(image('s512', { algorithm: 'sha512' })),
    'an index with a subject': join(
      index('subject', [image('s1')]),
      index('referrer', [artifact('r1')], {
        fields: { artifactType: ARTIFACT, subject: topOf(index('subject', [image('s1')])) },
      }),
    ),
    'tags as parameters': tagged(index('by digest', [image('p1'), image('p2')])),
    'tags as parameters under sha512': tagged(
      index('by sha512', [image('p3', { algorithm: 'sha512' })], { algorithm: 'sha512' }),
    ),
  };
}

interface Made extends TestObject {
  readonly descriptor: Descriptor;
}

interface Options {
  readonly algorithm?: Algorithm;
  readonly layerAlgorithm?: Algorithm;
  readonly type?: string;
  readonly layerType?: string;
  readonly layers?: number;
  /** Layers whose bytes are not pushed. */
  readonly missing?: number;
  /** Only its descriptor is of use: nothing of it is pushed. */
  readonly left?: boolean;
  readonly data?: boolean;
  readonly fields?: object;
  readonly more?: readonly object[];
}

const EMPTY = { mediaType: MediaType.empty, digest: digestOf('{}'), size: 2 };

function image(seed: string, options: Options = {}): Made {
  const { layers = 2, missing = 0, algorithm = 'sha256', layerAlgorithm = algorithm } = options;
  const config = blobFrom(JSON.stringify({ os: 'linux', architecture: seed, rootfs: {} }), algorithm);
  const blobs = Array.from({ length: layers }, (_, n) => blobOf(`${seed} ${n}`, 500 + n, layerAlgorithm));
  const type = options.type ?? MediaType.manifest;
  const json = {
    schemaVersion: 2,
    mediaType: type,
    config: describe(config, MediaType.config, options),
    layers: [
      ...blobs.map((blob) => describe(blob, options.layerType ?? MediaType.layerGzip, options)),
      ...(options.more ?? []),
    ],
    ...options.fields,
  };
  return made(seed, json, [config, ...blobs.slice(missing)], options);
}

function artifact(seed: string, options: Options = {}): Made {
  const { layers = 1 } = options;
  const blobs = Array.from({ length: layers }, (_, n) => blobOf(`${seed} ${n}`, 100 + n));
  const json = {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    artifactType: ARTIFACT,
    config: EMPTY,
    layers: [...blobs.map((blob) => describe(blob, ARTIFACT, options)), ...(options.more ?? [])],
    annotations: { 'org.example.seed': seed },
    ...options.fields,
  };
  return made(seed, json, [blobFrom('{}', 'sha256'), ...blobs], options);
}

function index(seed: string, parts: readonly Made[], options: Options = {}): Made {
  const json = {
    schemaVersion: 2,
    mediaType: options.type ?? MediaType.index,
    manifests: parts.map(({ descriptor }) => descriptor),
    ...options.fields,
  };
  const top = made(seed, json, [], options);
  return { ...join(...parts, top), tags: top.tags, descriptor: top.descriptor };
}

function referrers(subject: Made): TestObject {
  const fields = { subject: topOf(subject), annotations: { 'org.example.hello': 'world' } };
  return join(
    subject,
    image('untyped', { fields }),
    artifact('typed', { fields }),
    artifact('other', { fields: { ...fields, artifactType: `${ARTIFACT}.other` } }),
    index('index', [], { fields: { ...fields, artifactType: ARTIFACT } }),
  );
}

function single(object: Made): TestObject {
  return object;
}

function join(...objects: readonly TestObject[]): TestObject {
  return {
    blobs: objects.flatMap(({ blobs }) => blobs),
    manifests: objects.flatMap(({ manifests }) => manifests),
    tags: Object.assign({}, ...objects.map(({ tags }) => tags)),
  };
}

function tagged(object: TestObject): TestObject {
  const tags = object.manifests.flatMap((manifest, n) =>
    [`tag-${n}`, `also-${n}`].map((tag) => [tag, manifest]),
  );
  return { ...object, tags: Object.fromEntries(tags), tagParameters: true };
}

function topOf({ descriptor }: Made): Descriptor {
  return descriptor;
}

function made(seed: string, json: { mediaType: string }, blobs: readonly TestBlob[], options: Options): Made {
  const bytes = Buffer.from(JSON.stringify(json));
  const digest = digestOf(bytes, options.algorithm);
  const manifest = { mediaType: json.mediaType, bytes, digest };
  const descriptor = { mediaType: json.mediaType, digest, size: bytes.byteLength };
  if (options.left) return { blobs: [], manifests: [], tags: {}, descriptor };
  // A tag is pushed with a digest of the registry's choice, which is sha256, unless it is a parameter.
  const tagged = options.algorithm === 'sha512' ? {} : { [`tag-${seed.replaceAll(' ', '-')}`]: manifest };
  return { blobs, manifests: [manifest], tags: tagged, descriptor };
}

function describe({ bytes, digest }: TestBlob, mediaType: string, { data }: Options): Descriptor {
  const size = bytes.byteLength;
  return { mediaType, digest, size, ...(data ? { data: bytes.toString('base64') } : {}) };
}

function foreign(type: string): Descriptor {
  const digest: Digest = digestOf(`never pushed ${type}`);
  return {
    mediaType: `application/vnd.oci.image.layer.${type}`,
    digest,
    size: 123_456,
    urls: [`https://store.example.com/${digest}`],
  };
}

function blobFrom(text: string, algorithm: Algorithm): TestBlob {
  return { bytes: Buffer.from(text), digest: digestOf(text, algorithm) };
}

function longAnnotations(): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: 390 }, (_, n) => [`large-annotation-${n}`, 'A'.repeat(10_000)]),
  );
}

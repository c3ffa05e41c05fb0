import { type Algorithm, type Digest, digestOf } from '../../../content/digest.ts';
import { MediaType } from '../../../content/media-type.ts';
import { blobOf } from '../content.ts';

/** Content that tests push: few pieces of every kind, so that random pushes and deletions meet again and again. */
export interface Specimen {
  readonly name: string;
  readonly digest: Digest;
  readonly bytes: Buffer;
  /** What it is when it is pushed as a manifest. */
  readonly manifest?: ManifestSpecimen | undefined;
}

export interface ManifestSpecimen {
  readonly mediaType: string;
  readonly blobs: readonly Digest[];
  readonly manifests: readonly Digest[];
  readonly subject?: Digest | undefined;
  /** How it is listed as a referrer of its subject. */
  readonly listed: object;
}

interface Parts {
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly config?: Specimen;
  readonly layers?: readonly Specimen[];
  readonly manifests?: readonly Specimen[];
  readonly subject?: Specimen;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly algorithm?: Algorithm;
}

const all = new Map<string, Specimen>();

function blob(name: string, bytes: Buffer, algorithm: Algorithm = 'sha256'): Specimen {
  return keep({ name, bytes, digest: digestOf(bytes, algorithm) });
}

function image(name: string, parts: Parts): Specimen {
  const { mediaType = MediaType.manifest, config = emptyConfig, layers = [] } = parts;
  const configType = config === emptyConfig ? MediaType.empty : MediaType.config;
  return manifest(name, mediaType, parts, {
    config: descriptor(config, configType),
    layers: layers.map((layer) => descriptor(layer, MediaType.layer)),
  });
}

function index(name: string, parts: Parts): Specimen {
  const { mediaType = MediaType.index, manifests = [] } = parts;
  const entries = manifests.map((entry) => descriptor(entry, entry.manifest?.mediaType ?? ''));
  return manifest(name, mediaType, parts, { manifests: entries });
}

function manifest(name: string, mediaType: string, parts: Parts, fields: object): Specimen {
  const { artifactType, annotations, subject, config, layers = [], manifests = [] } = parts;
  const json = {
    schemaVersion: 2,
    mediaType,
    artifactType,
    ...fields,
    subject: subject === undefined ? undefined : descriptor(subject, subject.manifest?.mediaType ?? ''),
    annotations,
  };
  const bytes = Buffer.from(JSON.stringify(json));
  const digest = digestOf(bytes, parts.algorithm);
  const isImage = 'config' in fields;
  const configType = config === undefined ? MediaType.empty : MediaType.config;
  const listedType = artifactType ?? (isImage ? configType : undefined);
  return keep({
    name,
    bytes,
    digest,
    manifest: {
      mediaType,
      blobs: isImage ? [config ?? emptyConfig, ...layers].map((each) => each.digest) : [],
      manifests: manifests.map((each) => each.digest),
      subject: subject?.digest,
      listed: {
        mediaType,
        digest,
        size: bytes.byteLength,
        ...(listedType === undefined ? {} : { artifactType: listedType }),
        ...(annotations === undefined ? {} : { annotations }),
      },
    },
  });
}

function descriptor({ digest, bytes }: Specimen, mediaType: string): object {
  return { mediaType, digest, size: bytes.byteLength };
}

function keep(specimen: Specimen): Specimen {
  all.set(specimen.name, specimen);
  return specimen;
}

const emptyConfig = blob('empty config', Buffer.from('{}'));
const nothing = blob('nothing', Buffer.alloc(0));
const config = blob('config', Buffer.from('{"architecture":"arm64"}'));
const [small, middle, large, tail] = [10, 5_000, 70_000, 700_000].map((size) =>
  blob(`layer of ${size}`, blobOf(`layer ${size}`, size).bytes),
) as [Specimen, Specimen, Specimen, Specimen];
const long = blob('sha512 layer', blobOf('sha512 layer', 3_000).bytes, 'sha512');

const amd64 = image('amd64', { config, layers: [small, middle] });
const arm64 = image('arm64', { config, layers: [small, large] });
const artifact = image('artifact', { artifactType: 'application/x.thing', layers: [emptyConfig] });
const bare = image('bare', { artifactType: 'application/x.bare', annotations: { empty: 'yes' } });
image('docker', { mediaType: MediaType.dockerManifest, config, layers: [large, tail] });
const sha512 = image('sha512', { config, layers: [long, nothing], algorithm: 'sha512' });
const absent = image('absent', { layers: [small], annotations: { absent: 'never pushed' } });
all.delete(absent.name);

const multi = index('multi', { manifests: [amd64, arm64] });
index('nested', { manifests: [multi, sha512] });
index('sparse', { manifests: [absent, arm64], artifactType: 'application/x.list' });
index('docker list', { mediaType: MediaType.dockerList, manifests: [amd64] });
index('no entries', { annotations: { none: 'at all' } });

const signature = image('signature', {
  artifactType: 'application/x.signature',
  subject: multi,
  layers: [small],
});
image('sbom', {
  artifactType: 'application/x.sbom',
  subject: amd64,
  layers: [middle],
  annotations: { a: 'b' },
});
image('signature of signature', { artifactType: 'application/x.signature', subject: signature });
image('early', { subject: absent, config });
image('sha512 referrer', { subject: sha512, artifactType: 'application/x.sbom', algorithm: 'sha512' });
index('index referrer', { subject: artifact, manifests: [bare] });

/** Every specimen by its name. */
export const SPECIMENS: ReadonlyMap<string, Specimen> = all;
export const BLOBS: readonly string[] = [...all.values()].flatMap((each) => (each.manifest ? [] : each.name));
export const MANIFESTS: readonly string[] = [...all.values()].flatMap((each) =>
  each.manifest === undefined ? [] : each.name,
);
/** Digests that are the subject of some specimen, and one that is of none. */
export const SUBJECTS: readonly Digest[] = [
  ...new Set([...all.values()].flatMap((each) => each.manifest?.subject ?? [])),
  small.digest,
];
export const ARTIFACT_TYPES = [
  'application/x.signature',
  'application/x.sbom',
  MediaType.config,
  'none/such',
];

export function specimenOf(name: string): Specimen {
  const found = all.get(name);
  if (found === undefined) throw new Error(`no specimen is called ${name}`);
  return found;
}

/** A manifest with everything below it that there is, in the order in which clients push it. */
export function wholeOf(name: string): { readonly blobs: Specimen[]; readonly manifests: Specimen[] } {
  const specimen = specimenOf(name);
  const { blobs = [], manifests = [] } = specimen.manifest ?? {};
  const below = manifests.flatMap((digest) => withDigest(digest).map((each) => wholeOf(each.name)));
  return {
    blobs: [...new Set([...below.flatMap((each) => each.blobs), ...blobs.flatMap(withDigest)])],
    manifests: [...new Set([...below.flatMap((each) => each.manifests), specimen])],
  };
}

function withDigest(digest: Digest): Specimen[] {
  return [...all.values()].filter((specimen) => specimen.digest === digest);
}

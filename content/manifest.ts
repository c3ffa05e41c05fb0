import { z } from 'zod';
import { AnnotationsSchema, type Descriptor, DescriptorListSchema, DescriptorSchema } from './descriptor.ts';
import { digestOf } from './digest.ts';
import { contentError } from './errors.ts';
import { isIndexType, isNonDistributable, MediaType } from './media-type.ts';
import type { Manifest } from './store.ts';

/** What a manifest points at, whatever its kind (image-spec manifest.md, image-index.md; Docker schema 2). */
export interface ManifestContent {
  readonly mediaType: string;
  readonly artifactType?: string | undefined;
  /** Manifests below an index, in order. */
  readonly manifests: readonly Descriptor[];
  /** Config and layers of an image manifest; non-distributable layers are left out. */
  readonly blobs: readonly Descriptor[];
  readonly config?: Descriptor | undefined;
  readonly subject?: Descriptor | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** No manifest larger than this is read: distribution-spec asks registries to take at least 4 MiB. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

// Null is as good as absent: programs in Go write an empty list as null.
const Json = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().nullish(),
  artifactType: z.string().nullish(),
  config: DescriptorSchema.nullish(),
  layers: DescriptorListSchema.nullish(),
  manifests: DescriptorListSchema.nullish(),
  subject: DescriptorSchema.nullish(),
  annotations: AnnotationsSchema.nullish(),
});

/** Reads a manifest's JSON. Throws MANIFEST_INVALID, with `subject` saying which. */
export function parseManifest(
  manifest: Pick<Manifest, 'bytes' | 'mediaType'>,
  subject: string,
): ManifestContent {
  return contentOf(parseFields(manifest.bytes, subject), manifest.mediaType, subject);
}

/** As parseManifest, of what nobody says for certain what it is: see mediaTypeOfManifest. */
export function parseManifestOfAnyType(bytes: Uint8Array, subject: string, said?: string): ManifestContent {
  const fields = parseFields(bytes, subject);
  return contentOf(fields, mediaTypeOf(fields, said), subject);
}

/** The media type that a manifest's own JSON states; where it states none, what was said of it, or its fields make it. */
export function mediaTypeOfManifest(bytes: Uint8Array, subject: string, said?: string): string {
  return mediaTypeOf(parseFields(bytes, subject), said);
}

/** Makes a manifest of plain JSON: keys in the order given, so that the same input gives the same bytes. */
export function manifestOf(mediaType: string, json: object): Manifest {
  const bytes = Buffer.from(JSON.stringify(json));
  return { mediaType, bytes, digest: digestOf(bytes) };
}

/** The descriptor under which a manifest is found in an index or in a list of referrers. */
export function descriptorOf(manifest: Manifest, extra: Partial<Descriptor> = {}): Descriptor {
  return {
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.bytes.byteLength,
    ...extra,
  };
}

type Fields = z.infer<typeof Json>;

const utf8 = new TextDecoder('utf-8', { fatal: true });

function mediaTypeOf(fields: Fields, said: string | undefined): string {
  return fields.mediaType ?? said ?? (fields.manifests ? MediaType.index : MediaType.manifest);
}

function contentOf(fields: Fields, mediaType: string, subject: string): ManifestContent {
  const config = fields.config ?? undefined;
  const layers = fields.layers ?? [];
  const manifests = fields.manifests ?? [];
  const index = isIndexType(mediaType);
  if (index ? config !== undefined || layers.length > 0 : manifests.length > 0 || config === undefined) {
    throw contentError('MANIFEST_INVALID', { subject, detail: `fields do not fit ${mediaType}` });
  }
  const blobs =
    config === undefined ? [] : [config, ...layers.filter((layer) => !isNonDistributable(layer.mediaType))];
  return {
    mediaType,
    artifactType: fields.artifactType ?? undefined,
    manifests,
    blobs,
    config,
    subject: fields.subject ?? undefined,
    annotations: fields.annotations ?? undefined,
  };
}

function parseFields(bytes: Uint8Array, subject: string): Fields {
  const result = Json.safeParse(parseJson(bytes, subject));
  if (!result.success)
    throw contentError('MANIFEST_INVALID', { subject, detail: z.prettifyError(result.error) });
  return result.data;
}

function parseJson(bytes: Uint8Array, subject: string): unknown {
  if (bytes.byteLength > MAX_MANIFEST_BYTES) {
    throw contentError('MANIFEST_INVALID', { subject, detail: `larger than ${MAX_MANIFEST_BYTES} bytes` });
  }
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw contentError('MANIFEST_INVALID', { subject, detail: 'not JSON', cause });
  }
}

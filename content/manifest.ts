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
  const json = parseJson(manifest.bytes, subject);
  const result = Json.safeParse(json);
  if (!result.success) {
    throw contentError('MANIFEST_INVALID', { subject, detail: z.prettifyError(result.error) });
  }
  const { data } = result;
  const config = data.config ?? undefined;
  const layers = data.layers ?? [];
  const manifests = data.manifests ?? [];
  const index = isIndexType(manifest.mediaType);
  if (index ? config !== undefined || layers.length > 0 : manifests.length > 0 || config === undefined) {
    throw contentError('MANIFEST_INVALID', { subject, detail: `fields do not fit ${manifest.mediaType}` });
  }
  const blobs =
    config === undefined ? [] : [config, ...layers.filter((layer) => !isNonDistributable(layer.mediaType))];
  return {
    mediaType: manifest.mediaType,
    artifactType: data.artifactType ?? undefined,
    manifests,
    blobs,
    config,
    subject: data.subject ?? undefined,
    annotations: data.annotations ?? undefined,
  };
}

/** The media type that a manifest's own JSON states; where it states none, what was said of it, or its fields make it. */
export function mediaTypeOfManifest(bytes: Uint8Array, subject: string, said?: string): string {
  const result = Json.safeParse(parseJson(bytes, subject));
  if (!result.success)
    throw contentError('MANIFEST_INVALID', { subject, detail: z.prettifyError(result.error) });
  return result.data.mediaType ?? said ?? (result.data.manifests ? MediaType.index : MediaType.manifest);
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

function parseJson(bytes: Uint8Array, subject: string): unknown {
  if (bytes.byteLength > MAX_MANIFEST_BYTES) {
    throw contentError('MANIFEST_INVALID', { subject, detail: `larger than ${MAX_MANIFEST_BYTES} bytes` });
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw contentError('MANIFEST_INVALID', { subject, detail: 'not JSON', cause });
  }
}

import { z } from 'zod';
import type { Descriptor } from '../content/descriptor.ts';
import type { Digest } from '../content/digest.ts';
import { isSkerryError } from '../content/error.ts';
import { type ManifestContent, mediaTypeOfManifest, parseManifest } from '../content/manifest.ts';
import { isManifestType } from '../content/media-type.ts';
import type { Manifest, Store } from '../content/store.ts';
import { type Exchange, headerOf, type Services } from './exchange.ts';
import { ProtocolError } from './protocol-error.ts';

export interface Pushed {
  readonly repository: string;
  readonly digest: Digest;
  readonly bytes: Buffer;
}

/**
 * Checks a manifest that a client pushes: its type, its form, and that the blobs it names are here. What an index
 * names may be missing (a sparse index), and so may a subject. Throws a ProtocolError.
 */
export async function readPushedManifest(
  exchange: Exchange,
  { store, requireBlobs }: Services,
  { repository, digest, bytes }: Pushed,
): Promise<{ manifest: Manifest; content: ManifestContent }> {
  const manifest = { digest, bytes, mediaType: mediaTypeOf(exchange, bytes, digest) };
  const content = parsed(() => parseManifest(manifest, digest));
  if (requireBlobs) await checkBlobs(store, repository, content.blobs, exchange.signal);
  return { manifest, content };
}

const Stated = z.looseObject({ mediaType: z.string().optional() });

// distribution-spec: parameters are ignored, and a stated mediaType must be the Content-Type.
function mediaTypeOf(exchange: Exchange, bytes: Buffer, digest: Digest): string {
  const header = headerOf(exchange, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  const sent = header === undefined || header === '' ? undefined : header;
  const mediaType = sent ?? parsed(() => mediaTypeOfManifest(bytes, digest));
  if (!isManifestType(mediaType)) {
    throw new ProtocolError('MANIFEST_INVALID', {
      message: 'only OCI and Docker schema 2 manifests and indexes are taken',
      detail: { mediaType: mediaType.slice(0, 255) },
    });
  }
  const stated = parsed(() => Stated.parse(JSON.parse(bytes.toString('utf8')))).mediaType;
  if (stated !== undefined && stated !== mediaType) {
    throw new ProtocolError('MANIFEST_INVALID', {
      message: 'Content-Type and the mediaType of the manifest differ',
      detail: { contentType: mediaType, mediaType: stated.slice(0, 255) },
    });
  }
  return mediaType;
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    const detail = isSkerryError(cause) ? cause.detail : 'not JSON';
    throw new ProtocolError('MANIFEST_INVALID', { detail: { reason: detail?.slice(0, 1000) }, cause });
  }
}

/** Blobs that are looked up at once. */
const AT_ONCE = 16;

async function checkBlobs(
  store: Store,
  repository: string,
  blobs: readonly Descriptor[],
  signal: AbortSignal,
) {
  const unique = [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
  const problems: ProtocolError[] = [];
  for (let start = 0; start < unique.length; start += AT_ONCE) {
    const some = unique.slice(start, start + AT_ONCE);
    const sizes = await Promise.all(some.map(({ digest }) => store.statBlob(repository, digest, { signal })));
    problems.push(...some.flatMap((blob, at) => problemOf(blob, sizes[at])));
  }
  const [first] = problems;
  if (first !== undefined)
    throw new ProtocolError(first.code, { detail: first.detail }, problems.slice(0, 100));
}

function problemOf({ digest, size }: Descriptor, held: number | undefined): ProtocolError[] {
  if (held === undefined) return [new ProtocolError('MANIFEST_BLOB_UNKNOWN', { detail: { digest } })];
  if (held === size) return [];
  return [
    new ProtocolError('MANIFEST_INVALID', {
      message: 'a blob has another size',
      detail: { digest, size, held },
    }),
  ];
}

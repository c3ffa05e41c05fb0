import { z } from 'zod';
import type { Descriptor } from '../../../content/descriptor.ts';
import type { Digest } from '../../../content/digest.ts';
import { isSkerryError } from '../../../content/error.ts';
import { mapLimited } from '../../../content/limit.ts';
import { type ManifestContent, mediaTypeOfManifest, parseManifest } from '../../../content/manifest.ts';
import { isManifestType } from '../../../content/media-type.ts';
import { referrerDescriptor } from '../../../content/referrers.ts';
import type { Manifest, Store } from '../../../content/store.ts';
import { REFERRERS_ROOM } from '../../store/manifests/referrers-page.ts';
import { type Exchange, headerOf, type Services } from '../exchange.ts';
import { troubleInShape } from '../json-shape.ts';
import { ProtocolError } from '../protocol-error.ts';

export interface Pushed {
  readonly repository: string;
  readonly digest: Digest;
  readonly bytes: Buffer;
}

export interface ReadManifest {
  readonly repository: string;
  readonly manifest: Manifest;
  readonly content: ManifestContent;
}

/** Checks the type and the form of a manifest that a client pushes. Throws a ProtocolError. */
export function readPushedManifest(exchange: Exchange, { repository, digest, bytes }: Pushed): ReadManifest {
  const reason = troubleInShape(bytes);
  if (reason !== undefined) throw new ProtocolError('MANIFEST_INVALID', { detail: { reason } });
  const manifest = { digest, bytes, mediaType: mediaTypeOf(exchange, bytes, digest) };
  const content = parsed(() => parseManifest(manifest, digest));
  refuseUnlistable(manifest, content);
  return { repository, manifest, content };
}

/** Every digest that a manifest names, and its own. */
export function digestsOf({ manifest, content }: ReadManifest): Digest[] {
  const { blobs, manifests, subject } = content;
  const named = [...blobs, ...manifests, ...(subject === undefined ? [] : [subject])];
  return [...new Set([manifest.digest, ...named.map(({ digest }) => digest)])];
}

/**
 * Looks for the blobs that a manifest names; gives those that the repository does not hold: the image is sparse. What an
 * index names may be missing, and so may a subject; whether blobs may be is `requireBlobs`. Throws a ProtocolError.
 */
export async function checkPushedManifest(
  exchange: Exchange,
  { store, requireBlobs }: Services,
  { repository, content }: ReadManifest,
): Promise<readonly Digest[]> {
  const { missing, problems } = await checkBlobs(store, repository, content.blobs, exchange.signal);
  refuse(requireBlobs ? [...missing.map(unknown), ...problems] : problems);
  return missing;
}

// Its subject's list of referrers has all annotations, in answers that are no larger than clients take.
function refuseUnlistable(manifest: Manifest, content: ManifestContent): void {
  if (content.subject === undefined || manifest.bytes.byteLength < REFERRERS_ROOM - DESCRIPTOR_BYTES) return;
  const listed = Buffer.byteLength(JSON.stringify(referrerDescriptor(manifest, content)));
  if (listed <= REFERRERS_ROOM) return;
  throw new ProtocolError('SIZE_INVALID', {
    status: 413,
    message: 'the annotations are too large for a list of referrers',
    detail: { bytes: listed, limit: REFERRERS_ROOM },
  });
}

/** What a descriptor has besides what it takes from its manifest, and more. */
const DESCRIPTOR_BYTES = 1024;

const Stated = z.looseObject({ mediaType: z.string().optional() });

// distribution-spec: parameters are ignored, and a declared mediaType must be the Content-Type.
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

// A layer with addresses to fetch it from need not be here (image-spec, descriptor.md, `urls`). Nobody could use a blob
// whose size is not what its descriptor says, so that is refused however much may be missing.
async function checkBlobs(
  store: Store,
  repository: string,
  blobs: readonly Descriptor[],
  signal: AbortSignal,
): Promise<{ missing: Digest[]; problems: ProtocolError[] }> {
  const unique = [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
  const held = await mapLimited(unique, AT_ONCE, ({ digest }) =>
    store.statBlob(repository, digest, { signal }),
  );
  return {
    missing: unique.flatMap(({ digest, urls = [] }, at) =>
      held[at] === undefined && urls.length === 0 ? [digest] : [],
    ),
    problems: unique.flatMap((blob, at) => otherSize(blob, held[at])),
  };
}

function otherSize({ digest, size }: Descriptor, held: number | undefined): ProtocolError[] {
  if (held === undefined || held === size) return [];
  return [
    new ProtocolError('MANIFEST_INVALID', {
      message: 'a blob has another size',
      detail: { digest, size, held },
    }),
  ];
}

function unknown(digest: Digest): ProtocolError {
  return new ProtocolError('MANIFEST_BLOB_UNKNOWN', { detail: { digest } });
}

/** Problems that are reported at once. */
const MAX_TOLD = 100;

function refuse(problems: readonly ProtocolError[]): void {
  const [first] = problems;
  if (first !== undefined)
    throw new ProtocolError(first.code, { detail: first.detail }, problems.slice(0, MAX_TOLD));
}

import { type Digest, isDigest } from '../../content/digest.ts';
import { NAME_GRAMMAR, TAG_GRAMMAR } from '../../content/reference.ts';
import { STORAGE_PATH } from '../../content/storage-report.ts';
import { ProtocolError } from './protocol-error.ts';

/**
 * Where a request goes (distribution-spec, "Endpoints"). Every name, tag, digest and upload id in a route has passed
 * its grammar, so nothing else from a path ever reaches a store or the file system.
 */
export type Route =
  | { readonly kind: 'base' | 'catalog' | 'token' | 'health' | 'ready' | 'metrics' | 'storage' }
  | { readonly kind: 'tags' | 'upload-start'; readonly repository: string }
  | { readonly kind: 'manifest'; readonly repository: string; readonly reference: Digest | string }
  | { readonly kind: 'blob' | 'referrers'; readonly repository: string; readonly digest: Digest }
  | { readonly kind: 'upload'; readonly repository: string; readonly id: string };

export type RouteKind = Route['kind'];

/** A request's target, taken apart. */
export interface Target {
  readonly path: string;
  readonly query: URLSearchParams;
}

const MAX_NAME = 255;
const UPLOAD_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const FIXED: Readonly<Record<string, Route>> = {
  '/v2': { kind: 'base' },
  '/v2/': { kind: 'base' },
  '/v2/_catalog': { kind: 'catalog' },
  [STORAGE_PATH]: { kind: 'storage' },
  '/token': { kind: 'token' },
  '/healthz': { kind: 'health' },
  '/readyz': { kind: 'ready' },
  '/metrics': { kind: 'metrics' },
};

export function parseTarget(target: string): Target {
  // What a proxy is asked is a whole address, and a server has to take that too (RFC 9112, section 3.2.2).
  const url = target.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = url.indexOf('?');
  return mark === -1
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}

/** Finds the route of a path. Throws a ProtocolError: 404 for no such endpoint, 400 for a bad name or digest. */
export function parseRoute(path: string, method = 'GET'): Route {
  const fixed = Object.hasOwn(FIXED, path) ? FIXED[path] : undefined;
  if (fixed !== undefined) return fixed;
  const segments = path.startsWith('/v2/') ? path.slice(4).split('/').map(decode) : [];
  const last = segments.at(-1) ?? '';
  const [beforeLast, beforeThat] = [segments.at(-2), segments.at(-3)];
  // A name may itself contain "blobs" or "tags", so a path is read from its end.
  if (beforeThat === 'blobs' && beforeLast === 'uploads') return uploadRoute(nameOf(segments, 3), last);
  if (beforeLast === 'tags' && last === 'list') return { kind: 'tags', repository: nameOf(segments, 2) };
  if (beforeLast === 'manifests') return manifestRoute(method, nameOf(segments, 2), last);
  if (beforeLast === 'blobs' && last === 'uploads')
    return { kind: 'upload-start', repository: nameOf(segments, 2) };
  if (beforeLast === 'blobs')
    return { kind: 'blob', repository: nameOf(segments, 2), digest: digestOf(last) };
  if (beforeLast === 'referrers')
    return { kind: 'referrers', repository: nameOf(segments, 2), digest: digestOf(last) };
  throw new ProtocolError('UNSUPPORTED', { status: 404, message: 'no such endpoint' });
}

/** Checks a repository name from a query parameter. */
export function isRepository(name: string): boolean {
  return name.length <= MAX_NAME && NAME_GRAMMAR.test(name);
}

function nameOf(segments: readonly string[], tail: number): string {
  const name = segments.slice(0, -tail).join('/');
  if (!isRepository(name))
    throw new ProtocolError('NAME_INVALID', { detail: { name: name.slice(0, MAX_NAME) } });
  return name;
}

function uploadRoute(repository: string, id: string): Route {
  if (id === '') return { kind: 'upload-start', repository };
  if (!UPLOAD_ID.test(id)) throw new ProtocolError('BLOB_UPLOAD_UNKNOWN');
  return { kind: 'upload', repository, id };
}

function manifestRoute(method: string, repository: string, reference: string): Route {
  if (isDigest(reference) || TAG_GRAMMAR.test(reference)) return { kind: 'manifest', repository, reference };
  if (reference.includes(':')) throw invalidDigest(reference);
  // Nothing is ever stored under a bad tag, so it is unknown; a push to one says what is wrong with it.
  const options = { message: 'not a tag', detail: { reference: reference.slice(0, 128) } };
  throw new ProtocolError(method === 'PUT' ? 'MANIFEST_INVALID' : 'MANIFEST_UNKNOWN', options);
}

function digestOf(text: string): Digest {
  if (isDigest(text)) return text;
  throw invalidDigest(text);
}

function invalidDigest(text: string): ProtocolError {
  return new ProtocolError('DIGEST_INVALID', {
    message: 'not a sha256 or sha512 digest',
    detail: { digest: text.slice(0, 150) },
  });
}

// Some clients write a digest's colon as %3A. What decodes to a slash or to garbage fails its grammar afterwards.
function decode(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

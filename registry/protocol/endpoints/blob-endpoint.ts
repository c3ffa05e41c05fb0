import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Digest } from '../../../content/digest.ts';
import type { Store } from '../../../content/store.ts';
import { canLocate, canPin, canRecheck, keepsSmallBlobs } from '../../capability.ts';
import { IMMUTABLE, sendBytes, sendEmpty, sendHead } from '../answer/response.ts';
import { openSpan, sendFile, UnreadableFile } from '../answer/send-file.ts';
import { etagOf, isNotModified, isRangeWanted } from '../conditional.ts';
import { deletingOf } from '../deleting.ts';
import { callOf, type Exchange, headerOf, type Services } from '../exchange.ts';
import { sayNamespace } from '../namespace.ts';
import { ProtocolError } from '../protocol-error.ts';
import { type ByteRange, parseRange } from '../range.ts';

export interface BlobRoute {
  /** What the client asked for. */
  readonly repository: string;
  /** Where to look, in this order. */
  readonly repositories: readonly string[];
  readonly digest: Digest;
}

/** GET: the bytes as they are stored, or a part of them. Large ones are not hashed here; the client will. */
export async function getBlob(exchange: Exchange, services: Services, route: BlobRoute): Promise<void> {
  const { digest } = route;
  const { store } = services;
  const { repository, size } = await locate(exchange, (...asked) => store.statBlob(...asked), route);
  if (isNotModified(headerOf(exchange, 'if-none-match'), digest))
    return sendEmpty(exchange, 304, headersOf(digest));
  const range = isRangeWanted(headerOf(exchange, 'if-range'), digest)
    ? parseRange(headerOf(exchange, 'range'), size)
    : undefined;
  if (range === 'unsatisfiable') throw unsatisfiable(size);
  await sendContent(exchange, store, { repository, digest, size, range });
}

export async function headBlob(exchange: Exchange, services: Services, route: BlobRoute): Promise<void> {
  const { store } = services;
  const { digest } = route;
  // Only a client that is about to push asks without wanting the bytes.
  const stat: Stat = canPin(store)
    ? (...asked) => store.statAndPinBlob(...asked)
    : (...asked) => store.statBlob(...asked);
  const { size } = await locate(exchange, stat, route);
  if (isNotModified(headerOf(exchange, 'if-none-match'), digest))
    return sendEmpty(exchange, 304, headersOf(digest));
  sendEmpty(exchange, 200, { ...headersOf(digest), 'content-length': size });
}

export async function deleteBlob(
  exchange: Exchange,
  services: Services,
  { repository, digest }: { repository: string; digest: Digest },
): Promise<void> {
  if (!(await deletingOf(services.store).deleteBlob(repository, digest, { signal: exchange.signal })))
    throw unknown(digest);
  await services.changes.record(exchange, { action: 'delete-blob', repository, digest });
  sendEmpty(exchange, 202);
}

interface Content {
  readonly repository: string;
  readonly digest: Digest;
  readonly size: number;
  readonly range: ByteRange | undefined;
}

type Stat = Store['statBlob'];

async function locate(exchange: Exchange, stat: Stat, { repository, repositories, digest }: BlobRoute) {
  for (const name of repositories) {
    const size = await stat(name, digest, callOf(exchange));
    if (size === undefined) continue;
    sayNamespace(exchange, name, repository);
    return { repository: name, size };
  }
  throw unknown(digest);
}

async function sendContent(exchange: Exchange, store: Store, content: Content): Promise<void> {
  const { digest, range, size } = content;
  const offset = range?.first ?? 0;
  const length = (range?.last ?? size - 1) - offset + 1;
  const bytes =
    keepsSmallBlobs(store) && size <= store.smallBlob ? await store.readSmallBlob(digest) : undefined;
  if (bytes === undefined) return await sendFromStore(exchange, store, content, { offset, length });
  const part = bytes.subarray(offset, offset + length);
  await sendBytes(exchange, statusOf(content), part, contentHeaders(content));
}

async function sendFromStore(
  exchange: Exchange,
  store: Store,
  content: Content,
  { offset, length }: { readonly offset: number; readonly length: number },
): Promise<void> {
  const { repository, digest, range } = content;
  const { response, signal } = exchange;
  const span = canLocate(store) ? await store.locateBlob(repository, digest, { signal }) : undefined;
  const file = span === undefined ? undefined : await openSpan(span);
  if (span !== undefined && file !== undefined) {
    try {
      sendContentHead(exchange, content, length);
      return await sendFile(response, file, { start: span.offset + offset, length }, signal);
    } catch (error) {
      // What was promised can't be kept any more; at least no other client is promised the same.
      if (error instanceof UnreadableFile && canRecheck(store)) void store.recheck(digest).catch(() => {});
      throw error;
    } finally {
      await file.close();
    }
  }
  if (span !== undefined && canRecheck(store)) await store.recheck(digest);
  const part = range === undefined ? {} : { offset, length };
  const reader = await store.readBlob(repository, digest, { ...part, ...callOf(exchange) });
  if (reader === undefined) throw unknown(digest);
  sendContentHead(exchange, content, length);
  await sendStream(response, reader.stream, signal);
}

function sendContentHead(exchange: Exchange, content: Content, length: number): void {
  sendHead(exchange, statusOf(content), { ...contentHeaders(content), 'content-length': length });
}

function statusOf({ range }: Content): number {
  return range === undefined ? 200 : 206;
}

function contentHeaders({ digest, size, range }: Content): Record<string, string> {
  const headers = headersOf(digest);
  if (range !== undefined) headers['content-range'] = `bytes ${range.first}-${range.last}/${size}`;
  return headers;
}

// A store that gives fewer or more bytes than it promised must not look like a whole blob: the connection is cut.
async function sendStream(response: ServerResponse, stream: AsyncIterable<Uint8Array>, signal: AbortSignal) {
  response.strictContentLength = true;
  await pipeline(stream, response, { signal });
}

function headersOf(digest: Digest): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    etag: etagOf(digest),
    'accept-ranges': 'bytes',
    'cache-control': IMMUTABLE,
  };
}

function unknown(digest: Digest): ProtocolError {
  return new ProtocolError('BLOB_UNKNOWN', { detail: { digest } });
}

function unsatisfiable(size: number): ProtocolError {
  return new ProtocolError('SIZE_INVALID', {
    status: 416,
    message: 'the blob has no such range',
    headers: { 'content-range': `bytes */${size}` },
  });
}

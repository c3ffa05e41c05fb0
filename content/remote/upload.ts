import { Readable } from 'node:stream';
import type { Descriptor } from '../descriptor.ts';
import { DigestChecker } from '../digest.ts';
import { contentError } from '../errors.ts';
import type { BlobSource } from '../store.ts';
import { isNetworkError, type RegistryClient, type RegistryResponse } from './client.ts';
import { retry, TryAgain } from './retry.ts';

/** Up to this many bytes a blob is held in memory and sent in one request. */
const SMALL_BYTES = 256 * 1024;

export interface Upload {
  readonly client: RegistryClient;
  /** Path of the repository, e.g. `/v2/team/app`. */
  readonly path: string;
  readonly scopes: readonly string[];
  readonly descriptor: Descriptor;
  readonly source: BlobSource;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Pushes a blob (distribution-spec, "Pushing blobs"): opens a session, sends the bytes in one streamed PATCH, and
 * commits only after they have been seen to hash to the digest. When the connection breaks it asks how far the
 * registry got and goes on from there.
 */
export async function uploadBlob(upload: Upload): Promise<void> {
  const session = await openSession(upload);
  const location = upload.descriptor.size <= SMALL_BYTES ? session : await sendBytes(upload, session);
  const body = upload.descriptor.size <= SMALL_BYTES ? await smallBlob(upload) : Buffer.alloc(0);
  const url = new URL(location, upload.client.origin);
  url.searchParams.set('digest', upload.descriptor.digest);
  const request = {
    method: 'PUT' as const,
    url: url.href,
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(body.byteLength) },
    body,
    scopes: upload.scopes,
    signal: upload.signal,
  };
  const response = await upload.client.send(request);
  if (response.statusCode !== 201 && response.statusCode !== 204)
    throw await upload.client.failure(request, response);
  await response.body.dump();
}

async function openSession({ client, path, scopes, signal }: Upload): Promise<string> {
  const request = {
    method: 'POST' as const,
    url: `${path}/blobs/uploads/`,
    headers: { 'content-length': '0' },
    scopes,
    signal,
  };
  const response = await client.send(request);
  if (response.statusCode !== 202) throw await client.failure(request, response);
  await response.body.dump();
  return locationOf(response, request.url);
}

async function smallBlob({ descriptor, source }: Upload): Promise<Buffer> {
  const checker = new DigestChecker(descriptor.digest);
  const chunks: Uint8Array[] = [];
  for await (const chunk of await source(0)) {
    checker.update(chunk);
    chunks.push(chunk);
    if (checker.size > descriptor.size) break;
  }
  checker.finish(descriptor.digest, descriptor.size);
  return Buffer.concat(chunks);
}

async function sendBytes(upload: Upload, session: string): Promise<string> {
  const { client, descriptor, signal } = upload;
  const checker = new DigestChecker(descriptor.digest);
  let location = session;
  let offset = 0;
  return await retry(client.retryPolicy, signal, async (count) => {
    if (count > 1) ({ location, offset } = await askProgress(upload, location));
    location = await patch(upload, location, offset, checker);
    checker.finish(descriptor.digest, descriptor.size);
    return location;
  });
}

async function patch(
  upload: Upload,
  location: string,
  offset: number,
  checker: DigestChecker,
): Promise<string> {
  const { client, descriptor, scopes, signal } = upload;
  const length = descriptor.size - offset;
  if (length === 0) return location;
  const bytes = checked(await upload.source(offset), offset, checker, descriptor);
  const request = {
    method: 'PATCH' as const,
    url: location,
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': String(length),
      ...(offset > 0 ? { 'content-range': `${offset}-${descriptor.size - 1}` } : {}),
    },
    body: Readable.from(bytes, { objectMode: false, highWaterMark: 1024 * 1024 }),
    scopes,
    signal,
  };
  const response = await client.sendOnce(request).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw isNetworkError(error) ? new TryAgain(client.unreachable(request, error)) : error;
  });
  if (response.statusCode === 202 || response.statusCode === 204) {
    await response.body.dump();
    return locationOf(response, location);
  }
  const failure = await client.failure(request, response);
  throw response.statusCode >= 500 && response.statusCode !== 507 ? new TryAgain(failure) : failure;
}

/** distribution-spec, "Resuming an interrupted upload": the Range header says what has come, both ends included. */
async function askProgress(upload: Upload, location: string): Promise<{ location: string; offset: number }> {
  const { client, scopes, signal } = upload;
  const request = { method: 'GET' as const, url: location, scopes, signal };
  const response = await client.send(request);
  await response.body.dump();
  if (response.statusCode === 404) return { location: await openSession(upload), offset: 0 };
  if (response.statusCode !== 204 && response.statusCode !== 202)
    throw await client.failure(request, response);
  const last = /^(?:bytes=)?0-(\d+)$/.exec(String(response.headers.range ?? ''))?.[1];
  return {
    location: locationOf(response, location),
    offset: last === undefined || last === '0' ? 0 : Number(last) + 1,
  };
}

/** Passes bytes on while hashing those that were not hashed in an earlier try. */
async function* checked(
  stream: AsyncIterable<Uint8Array>,
  offset: number,
  checker: DigestChecker,
  { digest, size }: Descriptor,
) {
  let position = offset;
  for await (const chunk of stream) {
    const fresh = Math.max(0, checker.size - position);
    if (fresh < chunk.byteLength) checker.update(chunk.subarray(fresh));
    position += chunk.byteLength;
    if (position > size)
      throw contentError('SIZE_MISMATCH', { subject: digest, detail: `more than ${size} bytes` });
    yield chunk;
  }
  if (position < size)
    throw contentError('SIZE_MISMATCH', { subject: digest, detail: `${position} of ${size} bytes` });
}

function locationOf(response: RegistryResponse, fallback: string): string {
  const { location } = response.headers;
  return typeof location === 'string' ? location : fallback;
}

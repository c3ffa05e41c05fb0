import { contentError } from '../errors.ts';
import type { BlobReader, ReadOptions } from '../store.ts';
import { firstBytes, skipBytes } from './body.ts';
import type { RegistryClient, RegistryRequest } from './client.ts';
import { isNetworkError } from './network-error.ts';
import { GAIN_BYTES, pause } from './retry.ts';

interface Opened {
  readonly size: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Reads a blob, or a part of it; a body that breaks off is asked for again from where it broke. `askSize` is called
 * where the registry does not tell the size along with the bytes. Undefined when there is no such blob.
 */
export async function readRemoteBlob(
  client: RegistryClient,
  request: RegistryRequest,
  { offset = 0, length }: ReadOptions,
  askSize: () => Promise<number | undefined>,
): Promise<BlobReader | undefined> {
  if (length === 0) {
    const size = await askSize();
    return size === undefined ? undefined : { size, stream: nothing() };
  }
  const opened = await openAt(client, request, offset, length, askSize);
  if (opened === undefined) return undefined;
  const end = length === undefined ? opened.size : Math.min(opened.size, offset + length);
  return { size: opened.size, stream: resuming(client, request, opened, offset, end) };
}

async function openAt(
  client: RegistryClient,
  request: RegistryRequest,
  offset: number,
  length: number | undefined,
  askSize: () => Promise<number | undefined>,
): Promise<Opened | undefined> {
  const whole = offset === 0 && length === undefined;
  const response = await client.send(whole ? request : withRange(request, offset, length));
  const { statusCode, headers, body } = response;
  if (statusCode === 404) return await body.dump().then(() => undefined);
  const [, start, stated] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(String(headers['content-range'])) ?? [];
  const total = stated === '*' ? undefined : stated;
  if (statusCode === 416 && total !== undefined && offset >= Number(total)) {
    await body.dump();
    return { size: Number(total), body: nothing() };
  }
  if (statusCode === 200) {
    // RFC 9110, section 14.2: a server may ignore Range and send everything.
    const size = await sizeOf(headers['content-length'], request, askSize);
    return { size, body: offset > 0 ? skipBytes(body, offset) : body };
  }
  if (statusCode !== 206 || Number(start) !== offset) throw await client.failure(request, response);
  return { size: await sizeOf(total, request, askSize), body };
}

async function sizeOf(
  stated: string | string[] | undefined,
  { url }: RegistryRequest,
  askSize: () => Promise<number | undefined>,
): Promise<number> {
  const size = typeof stated === 'string' ? Number(stated) : await askSize();
  if (size !== undefined && Number.isSafeInteger(size)) return size;
  throw contentError('REGISTRY_ERROR', { subject: url, detail: 'it does not say how large the blob is' });
}

async function* resuming(
  client: RegistryClient,
  request: RegistryRequest,
  first: Opened,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  let { body } = first;
  let position = start;
  let mark = start;
  for (let failures = 0; ; ) {
    try {
      for await (const piece of firstBytes(body, end - position)) {
        position += piece.byteLength;
        yield piece;
      }
      if (position >= end) return;
      throw contentError('SIZE_MISMATCH', { subject: request.url, detail: `${position} of ${end} bytes` });
    } catch (error) {
      request.signal?.throwIfAborted();
      if (!isNetworkError(error)) throw error;
      failures = position - mark >= GAIN_BYTES ? 1 : failures + 1;
      mark = position;
      if (failures >= client.retryPolicy.tries) throw client.unreachable(request, error);
    }
    await pause(client.retryPolicy, failures, request.signal);
    body = await reopen(client, request, first.size, position, end);
  }
}

async function reopen(
  client: RegistryClient,
  request: RegistryRequest,
  size: number,
  position: number,
  end: number,
): Promise<AsyncIterable<Uint8Array>> {
  const opened = await openAt(client, request, position, end - position, async () => size);
  if (opened?.size === size) return opened.body;
  const detail = opened === undefined ? 'it went away' : `now ${opened.size} bytes instead of ${size}`;
  throw contentError('CONTENT_NOT_FOUND', { subject: request.url, detail });
}

function withRange(request: RegistryRequest, offset: number, length: number | undefined): RegistryRequest {
  const last = length === undefined ? '' : offset + length - 1;
  return { ...request, headers: { ...request.headers, range: `bytes=${offset}-${last}` } };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

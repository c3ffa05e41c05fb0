import { isSkerryError } from '../error.ts';
import { contentError } from '../errors.ts';
import type { BlobReader, ReadOptions } from '../store.ts';
import { firstBytes, skipBytes } from './body.ts';
import type { RegistryClient, RegistryRequest } from './client.ts';
import { isNetworkError } from './network-error.ts';
import { GAIN_BYTES, pause } from './retry.ts';

interface Opened {
  readonly size: number;
  readonly body: AsyncIterable<Uint8Array>;
  /** The answer did not say how long it is: its end may be a connection that broke. */
  readonly openEnded?: boolean;
}

/**
 * Reads a blob, or a part of it; a body that breaks off is asked for again from where it broke. Where the registry does
 * not tell the size along with the bytes, it is the one that the descriptor has, or else `askSize` is called. Undefined
 * when there is no such blob.
 */
export async function readRemoteBlob(
  client: RegistryClient,
  request: RegistryRequest,
  { offset = 0, length, size: expected }: ReadOptions,
  ask: () => Promise<number | undefined>,
): Promise<BlobReader | undefined> {
  const askSize = async () => expected ?? (await ask());
  if (length === 0) {
    const size = await ask();
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
    const openEnded = headers['content-length'] === undefined;
    return { size, body: offset > 0 ? skipBytes(body, offset) : body, openEnded };
  }
  if (statusCode !== 206 || Number(start) !== offset) throw await client.failure(request, response);
  const openEnded = headers['content-length'] === undefined;
  return { size: await sizeOf(total, request, askSize), body, openEnded };
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
  let opened = first;
  let position = start;
  let mark = start;
  let broken: unknown;
  for (let failures = 0; ; ) {
    try {
      for await (const piece of firstBytes(opened.body, end - position)) {
        position += piece.byteLength;
        yield piece;
      }
      if (position >= end) return;
      throw contentError('SIZE_MISMATCH', { subject: request.url, detail: `${position} of ${end} bytes` });
    } catch (error) {
      request.signal?.throwIfAborted();
      if (!isNetworkError(error) && !isCutOff(error, opened)) throw error;
      failures = position - mark >= GAIN_BYTES ? 1 : failures + 1;
      mark = position;
      broken = isNetworkError(error) ? client.unreachable(request, error) : error;
      if (failures >= client.retryPolicy.tries) throw broken;
    }
    await pause(client.retryPolicy, failures, request.signal);
    opened = await reopen(client, request, first.size, position, end).catch((error: unknown) => {
      // Where only the descriptor says that there should be more, there is no more.
      throw isSkerryError(broken, 'SIZE_MISMATCH') && isSkerryError(error, 'CONTENT_NOT_FOUND')
        ? broken
        : error;
    });
  }
}

function isCutOff(error: unknown, { openEnded }: Opened): boolean {
  return openEnded === true && isSkerryError(error, 'SIZE_MISMATCH');
}

async function reopen(
  client: RegistryClient,
  request: RegistryRequest,
  size: number,
  position: number,
  end: number,
): Promise<Opened> {
  const opened = await openAt(client, request, position, end - position, async () => size);
  if (opened?.size === size) return opened;
  const detail = opened === undefined ? 'it went away' : `now ${opened.size} bytes instead of ${size}`;
  throw contentError('CONTENT_NOT_FOUND', { subject: request.url, detail });
}

function withRange(request: RegistryRequest, offset: number, length: number | undefined): RegistryRequest {
  const last = length === undefined ? '' : offset + length - 1;
  return { ...request, headers: { ...request.headers, range: `bytes=${offset}-${last}` } };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

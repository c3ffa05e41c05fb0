import { type FileHandle, open } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { hasCode } from '../content/blob-file.ts';
import type { FileSpan } from '../content/file-store.ts';

/** Bytes per read: two buffers for each response, so 64 at a time take 16 MiB. */
const CHUNK = 128 * 1024;

/** The file of a blob can't be read, or not to where it should end. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
}

/** Opens a span's file; undefined when it has gone. */
export async function openSpan({ path }: FileSpan): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * Sends `length` bytes of a file from `start` on, and ends the response. The next bytes are read while the last ones
 * are on their way, into two buffers that are used over and over: a stream would make a new one each time, and on a
 * fast link the collector would have more to do than the disk. Throws when the client is gone, as `signal` says or the
 * response itself; UnreadableFile.
 */
export async function sendFile(
  response: ServerResponse,
  file: Pick<FileHandle, 'read'>,
  { start, length }: { start: number; length: number },
  signal: AbortSignal,
): Promise<void> {
  const buffers = [takeBuffer(length), takeBuffer(length)] as const;
  let [current, other] = buffers;
  let position = start;
  const end = start + length;
  let sending: Promise<void> = Promise.resolve();
  const readInto = async (buffer: Buffer) => {
    const wanted = Math.min(buffer.byteLength, end - position);
    const { bytesRead } = await file.read(buffer, 0, wanted, position).catch((cause: unknown) => {
      throw new UnreadableFile('the file of a blob cannot be read', { cause });
    });
    if (bytesRead === 0) throw new UnreadableFile('the file of a blob is shorter than the blob');
    return bytesRead;
  };
  while (position < end) {
    const read = await readInto(current);
    position += read;
    await sending;
    sending = write(response, current.subarray(0, read), signal);
    // Awaited in the next round; until then a failure must not count as unhandled.
    sending.catch(() => {});
    [current, other] = [other, current];
  }
  await sending;
  response.end();
  // Not after a failure: the kernel may still be reading one of them.
  for (const buffer of buffers) giveBack(buffer);
}

// Node drops what is written to a connection that is about to be closed, without a word: only the signal tells.
function write(response: ServerResponse, bytes: Buffer, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) return leave();
    signal.addEventListener('abort', leave, { once: true });
    response.write(bytes, (error) => {
      signal.removeEventListener('abort', leave);
      if (error == null) resolve();
      else reject(error);
    });
  });
}

const spare: Buffer[] = [];
/** Kept for the next responses: enough for 64 at a time, as what is not kept has to be collected. */
const MAX_SPARE = 128;

function takeBuffer(length: number): Buffer {
  if (length < CHUNK) return Buffer.allocUnsafe(length);
  return spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK);
}

function giveBack(buffer: Buffer): void {
  if (buffer.byteLength === CHUNK && spare.length < MAX_SPARE) spare.push(buffer);
}

import { type FileHandle, open } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { hasCode } from '../../../content/bytes/blob-file.ts';
import type { FileSpan } from '../../../content/stores/file-store.ts';
import { FileBuffers } from './file-buffers.ts';
import { Outlet } from './outlet.ts';

const buffers = new FileBuffers();

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
 * are on their way. Throws when the client is gone, as `signal` says or the response itself; UnreadableFile.
 */
export async function sendFile(
  response: ServerResponse,
  file: Pick<FileHandle, 'read'>,
  { start, length }: { start: number; length: number },
  signal: AbortSignal,
): Promise<void> {
  const outlet = new Outlet(response, signal);
  const inUse = new Set<Buffer>();
  const end = start + length;
  let sending: Promise<void> = Promise.resolve();
  try {
    for (let position = start; position < end; ) {
      const buffer = buffers.take(end - position);
      inUse.add(buffer);
      const bytes = await readInto(buffer, file, position, end);
      position += bytes.byteLength;
      await sending;
      sending = outlet.write(bytes).then(() => {
        inUse.delete(buffer);
        buffers.giveBack(buffer);
      });
      // Awaited in the next round; until then a failure must not count as unhandled.
      sending.catch(() => {});
    }
    await sending;
    response.end();
  } finally {
    for (const buffer of inUse) buffers.discard(buffer);
    outlet.close();
  }
}

async function readInto(
  buffer: Buffer,
  file: Pick<FileHandle, 'read'>,
  position: number,
  end: number,
): Promise<Buffer> {
  const wanted = Math.min(buffer.byteLength, end - position);
  const { bytesRead } = await file.read(buffer, 0, wanted, position).catch((cause: unknown) => {
    throw new UnreadableFile('the file of a blob cannot be read', { cause });
  });
  if (bytesRead === 0) throw new UnreadableFile('the file of a blob is shorter than the blob');
  return buffer.subarray(0, bytesRead);
}

import type { FileHandle } from 'node:fs/promises';
import { CHUNK_BYTES, filled, takeChunk } from './chunk-memory.ts';

/**
 * The bytes of a file from `start` to before `end`; the next ones are read while the last are used. Ends early where
 * the file does. The file may be closed once the generator has ended.
 */
export async function* readSpan(
  file: FileHandle,
  start: number,
  end: number,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  let position = start;
  let next = readChunk(file, position, end);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const chunk = await next;
      if (chunk.byteLength === 0) return;
      position += chunk.byteLength;
      next = readChunk(file, position, end);
      // A failure is for whoever asks for the next chunk; nobody may ask any more.
      next.catch(() => {});
      yield chunk;
    }
  } finally {
    await next.catch(() => {});
  }
}

async function readChunk(file: FileHandle, position: number, end: number): Promise<Buffer> {
  const length = Math.min(CHUNK_BYTES, end - position);
  if (length <= 0) return Buffer.alloc(0);
  const chunk = takeChunk();
  const { bytesRead } = await file.read(chunk, 0, length, position);
  return filled(chunk, bytesRead);
}

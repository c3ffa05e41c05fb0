import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

const PIECE_BYTES = 64 * 1024;

/**
 * A whole file of which it is not known who made it: on a stick there may be a pipe that nobody writes to, a link to a
 * device without end, or a file that has more in it than its size says. Throws what opening a file throws.
 */
export async function readSmallFile(
  path: string,
  limit: number,
  signal?: AbortSignal,
): Promise<Buffer | 'not a file' | 'too large'> {
  // Opening a pipe would wait for its other end, where no signal reaches.
  await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stats = await handle.stat();
  if (!stats.isFile()) return 'not a file';
  if (stats.size > limit) return 'too large';
  const pieces: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES, total);
    if (bytesRead === 0) return Buffer.concat(pieces);
    total += bytesRead;
    if (total > limit) return 'too large';
    pieces.push(buffer.subarray(0, bytesRead));
  }
}

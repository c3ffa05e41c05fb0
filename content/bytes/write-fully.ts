import type { FileHandle } from 'node:fs/promises';

/** Writes all of `bytes` at `position`: write(2) may take less than it is given. */
export async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, position + done);
    done += bytesWritten;
  }
}

/** Writes all of several pieces one behind the other, in one system call where the disk takes them. */
export async function writeAll(
  file: FileHandle,
  pieces: readonly Uint8Array[],
  position: number,
): Promise<void> {
  const { bytesWritten } = await file.writev(pieces, position);
  if (bytesWritten === pieces.reduce((sum, { byteLength }) => sum + byteLength, 0)) return;
  // A disk that is nearly full takes a part; writing the rest says why.
  await writeFully(file, Buffer.concat(pieces).subarray(bytesWritten), position + bytesWritten);
}

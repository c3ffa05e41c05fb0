import { statfs } from 'node:fs/promises';

/** What a file system says about itself, in bytes and in files (0 of 0 where it does not count them). */
export interface DiskMeasure {
  /** What the registry's user may still write. */
  readonly free: number;
  readonly size: number;
  readonly freeFiles: number;
  readonly files: number;
}

/** The disk that a path lies on. */
export async function measureDisk(path: string): Promise<DiskMeasure> {
  const { bavail, blocks, bsize, ffree, files } = await statfs(path);
  return { free: bavail * bsize, size: blocks * bsize, freeFiles: ffree, files };
}

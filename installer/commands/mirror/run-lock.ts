import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileLock } from '../../../content/bytes/file-lock.ts';

/** The lock of the runs that are remembered in a file; undefined while another process has it. */
export async function takeRunLock(state: string): Promise<FileLock | undefined> {
  await mkdir(dirname(state), { recursive: true });
  return FileLock.take(`${state}.lock`);
}

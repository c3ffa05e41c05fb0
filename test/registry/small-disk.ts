import { mkdtemp, open, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '../../content/bytes/blob-file.ts';
import { command } from '../cluster/processes/command.ts';

/** A file system in memory of a given size and number of files, unmounted with the scope that holds it. Needs root. */
export interface SmallDisk extends AsyncDisposable {
  readonly folder: string;
}

export async function mountSmallDisk(bytes: number, files?: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-disk-'));
  const options = `size=${bytes}${files === undefined ? '' : `,nr_inodes=${files}`}`;
  await command('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  return {
    folder,
    [Symbol.asyncDispose]: async () => {
      await command('umount', [folder]);
      await rmdir(folder);
    },
  };
}

/** Writes a file that takes all room that is left, or `bytes` of it. */
export async function fillDisk(path: string, bytes?: number): Promise<void> {
  const file = await open(path, 'w');
  try {
    if (bytes !== undefined) return await file.writeFile(Buffer.alloc(bytes));
    for (const size of [64 * 1024, 4096]) await writeUntilFull(() => file.write(Buffer.alloc(size)));
  } finally {
    await file.close();
  }
}

async function writeUntilFull(write: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await write();
    } catch (error) {
      if (hasCode(error, 'ENOSPC')) return;
      throw error;
    }
  }
}

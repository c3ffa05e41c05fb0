import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];

process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** For tests: a new folder that goes when the tests of the file are over. */
export async function testFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `skerry-${name}-`));
  folders.push(folder);
  return folder;
}

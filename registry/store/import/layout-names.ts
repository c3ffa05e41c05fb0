import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../../content/bytes/blob-file.ts';
import type { Descriptor } from '../../../content/descriptor.ts';
import { entriesOf } from '../../../content/layout/index-entries.ts';

/**
 * What the `index.json` of an OCI image layout in a folder names; undefined when there is none. Who goes through it
 * meets LAYOUT_INVALID where it is wrong.
 */
export async function readLayoutIndex(folder: string): Promise<Iterable<Descriptor> | undefined> {
  try {
    return entriesOf(await readFile(join(folder, 'index.json')), folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

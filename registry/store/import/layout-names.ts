import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../../content/bytes/blob-file.ts';
import type { Descriptor } from '../../../content/descriptor.ts';
import { entriesOf } from '../../../content/layout/index-entries.ts';

const CHUNK = 1024 * 1024;

/** What the `index.json` of an OCI image layout names. */
export interface LayoutNames extends AsyncDisposable {
  /** Throws LAYOUT_INVALID where it comes to what is wrong. */
  readonly entries: Iterable<Descriptor>;
}

/** Opens the `index.json` of a layout in a folder; undefined when there is none. */
export async function openLayoutIndex(folder: string): Promise<LayoutNames | undefined> {
  try {
    const file = await open(join(folder, 'index.json'));
    return { entries: entriesOf(readerOf(file), folder), [Symbol.asyncDispose]: () => file.close() };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function readerOf({ fd }: FileHandle): () => Buffer {
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  return () => buffer.subarray(0, readSync(fd, buffer, 0, CHUNK, null));
}

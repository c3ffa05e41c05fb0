import { copyFile, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openBundle } from '../../../bundle/file/bundle-store.ts';

/** Blobs that get a wrong byte: the largest, which are read for longest. */
const BLOBS = 5;

/** A copy of a bundle for a trial that damages it. */
export async function copyBundle(from: string, folder: string): Promise<string> {
  const to = join(folder, `copy-of-${basename(from)}`);
  await copyFile(from, to);
  return to;
}

/** Turns one bit in the middle of each of the largest blobs of a bundle. */
export async function damageBundle(path: string): Promise<void> {
  const bundle = await openBundle(path);
  const largest = bundle.entries.sort((a, b) => b.size - a.size).slice(0, BLOBS);
  const spans = await Promise.all(largest.map(({ digest }) => bundle.locateBlob('', digest)));
  await bundle.close();
  const file = await open(path, 'r+');
  try {
    for (const span of spans) {
      if (span === undefined) continue;
      const offset = span.offset + Math.floor(span.size / 2);
      const byte = Buffer.alloc(1);
      await file.read(byte, 0, 1, offset);
      byte[0] = (byte[0] ?? 0) ^ 1;
      await file.write(byte, 0, 1, offset);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

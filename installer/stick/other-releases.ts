import { basename, join } from 'node:path';
import { peekRelease } from '../../bundle/release-bundle.ts';
import { fileSize } from '../../content/bytes/blob-file.ts';
import type { CoverRelease } from './cover-sheet.ts';
import { type MeasureOptions, measureFile } from './file-measure.ts';
import { bundlesIn } from './stick.ts';
import { readSums, type SummedFile } from './sums.ts';

/** The releases that a stick has beside one bundle, as its own sums tell of them: they are not read again. */
export async function otherReleases(
  folder: string,
  bundle: string,
  options: MeasureOptions,
): Promise<CoverRelease[]> {
  const known = new Map((await readSums(folder)).map(({ name, digest }) => [name, digest]));
  const names = (await bundlesIn(folder)).filter((name) => name !== basename(bundle));
  const found: CoverRelease[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const { release, address, store } = await peekRelease(path);
    await store.close();
    const digest = known.get(name) ?? (await measureFile(path, options)).digest;
    found.push({ release, releaseDigest: address.digest, bundle: { name, size: store.file.size, digest } });
  }
  return found;
}

/** What else the sums of a stick tell of and is still there: programs for other releases, the channel. */
export async function otherFiles(folder: string, made: ReadonlySet<string>): Promise<SummedFile[]> {
  const found: SummedFile[] = [];
  for (const file of await readSums(folder))
    if (!made.has(file.name) && (await fileSize(join(folder, file.name))) !== undefined) found.push(file);
  return found;
}

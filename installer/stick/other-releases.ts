import { basename, join } from 'node:path';
import { peekRelease } from '../../bundle/release-bundle.ts';
import { bundleOf } from '../../bundle/volume/volume-name.ts';
import { fileSize } from '../../content/bytes/blob-file.ts';
import { type MeasureOptions, measureFile } from '../../content/bytes/file-measure.ts';
import type { CoverRelease } from './cover-sheet.ts';
import { bundlesIn } from './stick.ts';
import { readSums, type SummedFile } from './sums.ts';

/** The releases that a stick has beside one bundle, as its own sums tell of them: they are not read again. */
export async function otherReleases(
  folder: string,
  bundle: string,
  options: MeasureOptions,
): Promise<CoverRelease[]> {
  const known = new Map((await readSums(folder)).map(({ name, digest }) => [name, digest]));
  const own = bundleOf(basename(bundle));
  const names = (await bundlesIn(folder)).filter((name) => bundleOf(name) !== own);
  const found: CoverRelease[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const { release, address, store } = await peekRelease(path);
    await store.close();
    const files = await Promise.all(
      store.files.map(async (file) => {
        const each = basename(file.path);
        const digest = known.get(each) ?? (await measureFile(file.path, options)).digest;
        return { name: each, size: file.size, digest };
      }),
    );
    found.push({ release, releaseDigest: address.digest, files });
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

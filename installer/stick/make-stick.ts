import { rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CreatedBundle } from '../../bundle/create.ts';
import type { PublicKey } from '../../bundle/key.ts';
import { fileSize, translate } from '../../content/bytes/blob-file.ts';
import { type FileMeasure, type MeasureOptions, measureFile } from '../../content/bytes/file-measure.ts';
import { coverSheet } from './cover-sheet.ts';
import { otherFiles, otherReleases } from './other-releases.ts';
import { copyProgram } from './program-copy.ts';
import { placeProviders } from './provider-files.ts';
import { bundlesIn, filesOfBundle, STICK_FILES, toolAside } from './stick.ts';
import { checkStickKey } from './stick-key.ts';
import { addToSums, writeSums } from './sums.ts';

export interface StickPrograms extends MeasureOptions {
  readonly folder: string;
  /** The skerry program as one executable. */
  readonly program: string;
  readonly helm: string;
}

/** A bundle on the stick; what was hashed while it was written is not read again. */
type PackedBundle = Pick<CreatedBundle, 'path' | 'release' | 'address' | 'copied'>;

export interface StickParts extends MeasureOptions {
  readonly folder: string;
  readonly bundle: PackedBundle;
  readonly key: PublicKey;
  /** What `placePrograms` gave. */
  readonly programs: readonly StickFile[];
}

export interface StickFile extends FileMeasure {
  readonly name: string;
}

/**
 * Copies the programs that the far side needs, while the bundle is still being written. A helm that other releases on the
 * stick were signed with stays, under another name. Throws DISK_FULL.
 */
export async function placePrograms({
  folder,
  program,
  helm,
  ...options
}: StickPrograms): Promise<StickFile[]> {
  const place = async (from: string, name: string) => ({
    name,
    ...(await copyProgram(from, join(folder, name), 0o755, options)),
  });
  try {
    await setAside(folder, helm, options);
    return await Promise.all([place(program, STICK_FILES.program), place(helm, STICK_FILES.helm)]);
  } catch (error) {
    throw translate(error, folder);
  }
}

async function setAside(folder: string, helm: string, options: MeasureOptions): Promise<void> {
  const path = join(folder, STICK_FILES.helm);
  if ((await fileSize(path)) === undefined || (await bundlesIn(folder)).length === 0) return;
  const { digest } = await measureFile(path, options);
  if (digest === (await measureFile(helm, options)).digest) return;
  const aside = toolAside(STICK_FILES.helm, digest);
  await rename(path, join(folder, aside));
  await addToSums(folder, [{ name: aside, digest }]);
}

/** Puts beside the bundle and the programs what checks them, and the sheet that says what it is. Throws DISK_FULL. */
export async function makeStick(parts: StickParts): Promise<StickFile[]> {
  try {
    return await makeFiles(parts);
  } catch (error) {
    throw translate(error, parts.folder);
  }
}

async function makeFiles({ folder, bundle, key, programs, ...options }: StickParts): Promise<StickFile[]> {
  const measure = async (name: string) => ({ name, ...(await measureFile(join(folder, name), options)) });
  await checkStickKey(folder, bundle.path, key);
  await writeFile(join(folder, STICK_FILES.key), key.pem);
  const providers = await placeProviders(folder, bundle.path, bundle.release, options);
  const files = [...programs, await measure(STICK_FILES.key), ...providers];
  const packed = await measureBundle(folder, bundle, options);
  const others = await otherReleases(folder, bundle.path, options);
  const sheet = coverSheet({
    release: bundle.release,
    releaseDigest: bundle.address.digest,
    fingerprint: key.fingerprint,
    files: packed,
    others,
    besides: files,
  });
  await writeFile(join(folder, STICK_FILES.cover), sheet);
  const all = [...files, ...packed, await measure(STICK_FILES.cover)];
  const bundles = others.flatMap((other) => other.files);
  const made = new Set([...all, ...bundles].map(({ name }) => name));
  await writeSums(folder, [...all, ...bundles, ...(await otherFiles(folder, made))]);
  return all;
}

async function measureBundle(
  folder: string,
  { path, copied }: PackedBundle,
  options: MeasureOptions,
): Promise<StickFile[]> {
  const known = new Map(copied?.files.map((file) => [basename(file.path), file]));
  const names = known.size > 0 ? [...known.keys()] : await filesOfBundle(folder, basename(path));
  return await Promise.all(
    names.map(async (name) => {
      const { digest, size } = known.get(name) ?? {};
      if (digest !== undefined && size !== undefined) return { name, digest, size };
      return { name, ...(await measureFile(join(folder, name), options)) };
    }),
  );
}

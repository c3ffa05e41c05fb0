import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CreatedBundle } from '../../bundle/create.ts';
import type { PublicKey } from '../../bundle/key.ts';
import { translate } from '../../content/bytes/blob-file.ts';
import { coverSheet } from './cover-sheet.ts';
import { type FileMeasure, type MeasureOptions, measureFile } from './file-measure.ts';
import { copyProgram } from './program-copy.ts';
import { STICK_FILES } from './stick.ts';

export interface StickPrograms extends MeasureOptions {
  readonly folder: string;
  /** The skerry program as one executable. */
  readonly program: string;
  readonly helm: string;
}

export interface StickParts extends MeasureOptions {
  readonly folder: string;
  readonly bundle: CreatedBundle;
  readonly key: PublicKey;
  /** What `placePrograms` gave. */
  readonly programs: readonly StickFile[];
}

export interface StickFile extends FileMeasure {
  readonly name: string;
}

/** Copies the programs that the far side needs, while the bundle is still being written. Throws DISK_FULL. */
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
    return await Promise.all([place(program, STICK_FILES.program), place(helm, STICK_FILES.helm)]);
  } catch (error) {
    throw translate(error, folder);
  }
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
  await writeFile(join(folder, STICK_FILES.key), key.pem);
  const files = [...programs, await measure(STICK_FILES.key)];
  const packed = await measureBundle(bundle, options);
  const sheet = coverSheet({
    release: bundle.release,
    releaseDigest: bundle.address.digest,
    fingerprint: key.fingerprint,
    bundle: packed,
    files,
  });
  await writeFile(join(folder, STICK_FILES.cover), sheet);
  const all = [...files, packed, await measure(STICK_FILES.cover)];
  await writeFile(
    join(folder, STICK_FILES.sums),
    all.map(({ name, digest }) => `${digest.replace('sha256:', '')}  ${name}\n`).join(''),
  );
  return all;
}

async function measureBundle({ path, copied }: CreatedBundle, options: MeasureOptions): Promise<StickFile> {
  const { digest, size } = copied?.file ?? {};
  const known = digest === undefined || size === undefined ? undefined : { digest, size };
  return { name: basename(path), ...(known ?? (await measureFile(path, options))) };
}

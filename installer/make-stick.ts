import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CreatedBundle } from '../bundle/create.ts';
import type { PublicKey } from '../bundle/key.ts';
import { translate } from '../content/blob-file.ts';
import { coverSheet } from './cover-sheet.ts';
import { copyProgram, type FileMeasure, measureFile, STICK_FILES } from './stick.ts';

export interface StickParts {
  readonly folder: string;
  readonly bundle: CreatedBundle;
  readonly key: PublicKey;
  /** The skerry program as one executable. */
  readonly program: string;
  readonly helm: string;
  readonly signal?: AbortSignal | undefined;
}

export interface StickFile extends FileMeasure {
  readonly name: string;
}

/** Puts everything beside the bundle that the far side needs, and the sheet that says what it is. Throws DISK_FULL. */
export async function makeStick(parts: StickParts): Promise<StickFile[]> {
  try {
    return await makeFiles(parts);
  } catch (error) {
    throw translate(error, parts.folder);
  }
}

async function makeFiles({ folder, bundle, key, program, helm, signal }: StickParts): Promise<StickFile[]> {
  const place = async (from: string, name: string) => ({
    name,
    ...(await copyProgram(from, join(folder, name), 0o755, signal)),
  });
  const programs = [await place(program, STICK_FILES.program), await place(helm, STICK_FILES.helm)];
  await writeFile(join(folder, STICK_FILES.key), key.pem);
  const files = [...programs, ...(await measure(folder, [STICK_FILES.key], signal))];
  const [packed] = await measure(folder, [basename(bundle.path)], signal);
  if (packed === undefined) return files;
  const sheet = coverSheet({
    release: bundle.release,
    releaseDigest: bundle.address.digest,
    fingerprint: key.fingerprint,
    bundle: packed,
    files,
  });
  await writeFile(join(folder, STICK_FILES.cover), sheet);
  const all = [...files, packed, ...(await measure(folder, [STICK_FILES.cover], signal))];
  await writeFile(
    join(folder, STICK_FILES.sums),
    all.map(({ name, digest }) => `${digest.replace('sha256:', '')}  ${name}\n`).join(''),
  );
  return all;
}

async function measure(folder: string, names: readonly string[], signal?: AbortSignal): Promise<StickFile[]> {
  return await Promise.all(
    names.map(async (name) => ({ name, ...(await measureFile(join(folder, name), signal)) })),
  );
}

import { join } from 'node:path';
import type { PublicKey } from '../../bundle/key.ts';
import { openReleaseBundle } from '../../bundle/release-bundle.ts';
import { fileSize } from '../../content/bytes/blob-file.ts';
import { measureFile } from '../../content/bytes/file-measure.ts';
import { makeStick, type StickFile } from './make-stick.ts';
import { STICK_FILES, type Stick } from './stick.ts';

/** Writes checksums and cover sheet of a stick anew after its bundle was; nothing where a bundle lies alone. */
export async function renewSheet(
  { folder, bundle }: Stick,
  key: PublicKey,
  signal: AbortSignal,
): Promise<void> {
  if ((await fileSize(join(folder, STICK_FILES.sums))) === undefined) return;
  const programs: StickFile[] = [];
  for (const name of [STICK_FILES.program, STICK_FILES.helm])
    if ((await fileSize(join(folder, name))) !== undefined)
      programs.push({ name, ...(await measureFile(join(folder, name), { signal })) });
  // Opened again: the sheet is about what is there now, which is whole or it has none.
  const { store, release, address } = await openReleaseBundle(bundle, key, { signal });
  await store.close();
  const packed = { path: bundle, release, address, copied: undefined };
  await makeStick({ folder, bundle: packed, key, programs, signal });
}

import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type PublicKey, parsePublicKey } from '../../bundle/key.ts';
import { bundleOf } from '../../bundle/volume/volume-name.ts';
import { hasCode } from '../../content/bytes/blob-file.ts';
import { installerError } from '../errors.ts';
import { bundlesIn, STICK_FILES } from './stick.ts';

/** Beside other releases a bundle must be signed with their key. Throws STICK_OTHER_KEY. */
export async function checkStickKey(folder: string, bundle: string, key: PublicKey): Promise<void> {
  const own = bundleOf(basename(bundle));
  const others = (await bundlesIn(folder).catch(noneThere)).filter((name) => bundleOf(name) !== own);
  if (others.length === 0) return;
  const path = join(folder, STICK_FILES.key);
  const pem = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (pem === undefined) return;
  const { fingerprint } = parsePublicKey(pem, path);
  if (fingerprint === key.fingerprint) return;
  throw installerError('STICK_OTHER_KEY', {
    subject: folder,
    detail: `${others.join(', ')} with ${fingerprint}, yours is ${key.fingerprint}`,
  });
}

// What stands there instead of a folder is told by who makes the bundle.
function noneThere(error: unknown): string[] {
  if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return [];
  throw error;
}

import { rename, rm, writeFile } from 'node:fs/promises';
import { messageOf } from '../../content/error.ts';
import { installerError } from '../errors.ts';

/** Writes a support bundle whole or not at all, and for its owner alone. Throws SUPPORT_BUNDLE_UNWRITTEN. */
export async function writeSupportBundle(file: string, bytes: Buffer): Promise<void> {
  const part = `${file}.part`;
  try {
    await writeFile(part, bytes, { mode: 0o600 });
    await rename(part, file);
  } catch (cause) {
    await rm(part, { force: true });
    throw installerError('SUPPORT_BUNDLE_UNWRITTEN', { subject: file, detail: messageOf(cause), cause });
  }
}

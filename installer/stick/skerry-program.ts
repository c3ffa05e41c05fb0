import { join } from 'node:path';
import { fileSize } from '../../content/bytes/blob-file.ts';
import { installerError } from '../errors.ts';
import { selfExecutable } from './self.ts';

/** The skerry program that goes onto a stick: the one that was given, or this one. Throws PROGRAM_NOT_BUILT. */
export async function findProgram(given: string | undefined): Promise<string> {
  const path = given ?? selfExecutable() ?? join(import.meta.dirname, '../../dist/skerry');
  if ((await fileSize(path)) === undefined) throw installerError('PROGRAM_NOT_BUILT', { subject: path });
  return path;
}

import { join } from 'node:path';
import { FileLock } from '../../../content/bytes/file-lock.ts';
import { registryError } from '../../errors.ts';

const FILE = 'registry.lock';

/** A store has one process at a time. Throws REGISTRY_STORE_IN_USE. */
export function lockStore(folder: string): FileLock {
  const lock = FileLock.take(join(folder, FILE));
  if (lock === undefined) throw registryError('REGISTRY_STORE_IN_USE', { subject: folder });
  return lock;
}

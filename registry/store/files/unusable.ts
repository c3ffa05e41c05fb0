import { hasCode } from '../../../content/bytes/blob-file.ts';
import { messageOf } from '../../../content/error.ts';
import { registryError } from '../../errors.ts';

/** What a system says of a path that was named wrongly, or that belongs to another user. */
const REFUSALS = [
  'EACCES',
  'EEXIST',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOENT',
  'ENOTDIR',
  'EPERM',
  'EROFS',
] as const;

// sqlite.org/rescode.html: SQLITE_PERM, SQLITE_READONLY, SQLITE_CANTOPEN.
const DATABASE_REFUSALS = [3, 8, 14];

/** Turns what a system says of a folder that can't be a store into REGISTRY_STORE_UNUSABLE; leaves everything else. */
export function asUnusable(error: unknown, folder: string): unknown {
  if (!REFUSALS.some((code) => hasCode(error, code)) && !isDatabaseRefusal(error)) return error;
  return registryError('REGISTRY_STORE_UNUSABLE', {
    subject: folder,
    detail: messageOf(error),
    cause: error,
  });
}

function isDatabaseRefusal(error: unknown): boolean {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return false;
  return DATABASE_REFUSALS.includes(error.errcode & 0xff);
}

import { isSkerryError, messageOf } from '../error.ts';
import { contentError } from '../errors.ts';
import { hasCode, translate } from './blob-file.ts';

/** What a file system says when it is asked for what it does not allow (errno(3)). */
const REFUSED = [
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'EISDIR',
  'EEXIST',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOENT',
];
/** What it says when the disk below it does not do what it should, or has gone. */
const FAILED = ['EIO', 'ENXIO', 'ENODEV', 'ESTALE', 'ENOMEDIUM', 'EREMOTEIO'];

/**
 * What a user is told of an error that the file system gave at `subject`, a path: DISK_FULL, FILE_TOO_LARGE,
 * STORE_UNUSABLE, DISK_FAILED, TOO_MANY_FILES. Anything else stays as it is.
 */
export function diskError(error: unknown, subject: string): unknown {
  if (isSkerryError(error) || !(error instanceof Error) || !('code' in error)) return error;
  const path = 'path' in error && typeof error.path === 'string' ? error.path : subject;
  const occurrence = { subject: path, detail: messageOf(error), cause: error };
  const { code } = error;
  if (REFUSED.some((each) => each === code)) return contentError('STORE_UNUSABLE', occurrence);
  if (FAILED.some((each) => each === code)) return contentError('DISK_FAILED', occurrence);
  if (hasCode(error, 'EFBIG')) return contentError('FILE_TOO_LARGE', occurrence);
  if (hasCode(error, 'EMFILE') || hasCode(error, 'ENFILE')) return contentError('TOO_MANY_FILES', occurrence);
  return translate(error, path);
}

/** Does work on files at `subject`; what the file system says is reported by its code. Throws as diskError makes. */
export async function onDisk<T>(subject: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(error, subject);
  }
}

/** The same for bytes that are read one after the other. */
export async function* streamOnDisk(
  subject: string,
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    throw diskError(error, subject);
  }
}

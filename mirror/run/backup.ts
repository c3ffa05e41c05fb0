import type { ItemComparison } from '../../content/copy/copy-items.ts';
import { isDigest } from '../../content/digest.ts';
import { contentError } from '../../content/errors.ts';
import type { CallOptions, WritableStore } from '../../content/store.ts';
import { mirrorError } from '../errors.ts';
import type { Job } from '../file/job-schema.ts';
import { backupTag } from '../select/backup-tag.ts';

/**
 * The tag that will keep what a moved tag stood for; undefined where nothing is to be kept.
 * Throws MIRROR_INVALID, MIRROR_BACKUP_UNSEEN.
 */
export function backupFor(job: Job, { state, item, target, isUnseen }: ItemComparison): string | undefined {
  const { repository, reference } = item.to ?? item;
  if (job.backup !== undefined && isUnseen && !isDigest(reference))
    throw mirrorError('MIRROR_BACKUP_UNSEEN', { subject: `${repository}:${reference}` });
  if (job.backup === undefined || state !== 'moved' || target === undefined || isDigest(reference))
    return undefined;
  const tag = backupTag(job.backup, reference, target.digest);
  if (tag !== undefined) return tag;
  throw mirrorError('MIRROR_INVALID', {
    subject: `job ${job.name}`,
    detail: `the backup of ${reference} would have a name that is no tag`,
    remedy: 'Give a shorter template for backup.',
  });
}

/** Gives what a tag stands for at the target a second name there. Throws CONTENT_NOT_FOUND. */
export async function keepBackup(
  target: WritableStore,
  { item, target: held }: ItemComparison,
  tag: string,
  options: CallOptions,
): Promise<void> {
  const { repository } = item.to ?? item;
  if (held === undefined) return;
  const manifest = await target.readManifest(repository, held.digest, options);
  if (manifest === undefined)
    throw contentError('CONTENT_NOT_FOUND', { subject: `${repository}@${held.digest}`, detail: target.name });
  await target.writeManifest(repository, tag, manifest, options);
}

import { subjectOfTag } from '../../content/companion-tag.ts';
import { isBackupTag } from '../select/backup-tag.ts';

export interface TagName {
  readonly repository: string;
  readonly tag: string;
}

/** What would be deleted at a target, and whether that is allowed. */
export interface DeletePlan {
  readonly tags: readonly TagName[];
  /** Tags that the target has in the mirrored repositories; neither backups nor what belongs to images counts. */
  readonly held: number;
  /** How many may be deleted. */
  readonly most: number;
  readonly allowed: boolean;
}

export interface HeldTags {
  readonly repository: string;
  readonly tags: readonly string[];
  /** What the source has for it. */
  readonly wanted: Pick<ReadonlySet<string>, 'has' | 'size'>;
}

/** Tags of the target that nothing at the source stands for any more. Where the source has nothing, nothing is deleted. */
export function planDeletes(
  held: readonly HeldTags[],
  { maxShare, backups }: { readonly maxShare: number; readonly backups: readonly string[] },
): DeletePlan {
  const own = held.map(({ tags, ...rest }) => ({
    ...rest,
    tags: tags.filter(
      (tag) => subjectOfTag(tag) === undefined && !backups.some((backup) => isBackupTag(backup, tag)),
    ),
  }));
  const tags = own.flatMap(({ repository, tags: all, wanted }) =>
    wanted.size === 0 ? [] : all.filter((tag) => !wanted.has(tag)).map((tag) => ({ repository, tag })),
  );
  const count = own.reduce((sum, { tags: all }) => sum + all.length, 0);
  const most = Math.floor((count * maxShare) / 100);
  return { tags, held: count, most, allowed: tags.length <= most };
}

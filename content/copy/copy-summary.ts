import type { SkerryError } from '../error.ts';
import { contentError } from '../errors.ts';
import type { ItemResult, MirrorItem } from './mirror-item.ts';
import { lossOf, type Omission } from './omission.ts';

/** Failures that are described one by one; of more their number is reported. */
const MOST_DESCRIBED = 20;

/** What became of the items of a copy, in memory that follows what went wrong. */
export class CopySummary {
  readonly counts: Record<ItemResult['outcome'], number> = { done: 0, skipped: 0, waived: 0, failed: 0 };
  readonly failures: { readonly item: MirrorItem; readonly error: SkerryError }[] = [];
  readonly omissions: Omission[] = [];
  bytesCopied = 0;

  add({ item, outcome, bytesCopied, omissions, error }: ItemResult): void {
    this.counts[outcome]++;
    this.bytesCopied += bytesCopied;
    this.omissions.push(...omissions);
    if (outcome === 'failed' && error !== undefined) this.failures.push({ item, error });
  }

  /**
   * The error to end with: none when all is there; CONTENT_INCOMPLETE when something that belongs to an image is not;
   * `lossRemedy` says what to do then. COPY_INCOMPLETE when some items failed and others did not; when nothing could be copied, what the first failed of.
   */
  failure(target: string, lossRemedy?: string): SkerryError | undefined {
    const [first] = this.failures;
    if (first === undefined) return lossOf(this.omissions, lossRemedy);
    const { done, skipped } = this.counts;
    if (done + skipped === 0) return first.error;
    const described = this.failures.slice(0, MOST_DESCRIBED).map(describeFailure);
    const more = this.failures.length - described.length;
    return contentError('COPY_INCOMPLETE', {
      subject: target,
      detail: [
        `${this.failures.length} of ${done + skipped + this.counts.waived + this.failures.length} failed`,
        ...described,
        ...(more > 0 ? [`and ${more} more`] : []),
      ].join('; '),
      cause: first.error,
    });
  }
}

/** One line about it. */
export function describeFailure({ item, error }: { item: MirrorItem; error: SkerryError }): string {
  const { repository, reference } = item;
  return `${repository}${reference.includes(':') ? '@' : ':'}${reference}: ${error.code}: ${error.message}`;
}

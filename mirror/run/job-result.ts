import type { ItemResult, MirrorItem } from '../../content/copy/copy-items.ts';
import { describeOmission, lossOf } from '../../content/copy/omission.ts';
import type { Digest } from '../../content/digest.ts';
import type { SkerryError } from '../../content/error.ts';
import type { TagName } from './deletes.ts';

export interface ItemFailure {
  readonly repository: string;
  /** Undefined for a repository of which nothing could be had. */
  readonly reference?: string | undefined;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

export interface CopiedItem {
  readonly repository: string;
  readonly reference: string;
  readonly to: string;
  readonly digest?: Digest | undefined;
  readonly bytes: number;
  /** What the tag stood for before is kept under this one. */
  readonly backup?: string | undefined;
}

/** What became of a job; the numbers count all, the lists hold so many at most. */
export interface JobResult {
  readonly job: string;
  readonly from: string;
  readonly to: string;
  readonly items: number;
  readonly done: number;
  readonly skipped: number;
  readonly waived: number;
  readonly failed: number;
  readonly backups: number;
  readonly deleted: number;
  readonly bytesCopied: number;
  /** Of what nothing names any more. */
  readonly bytesFreed: number;
  readonly copied: readonly CopiedItem[];
  readonly failures: readonly ItemFailure[];
  readonly deletedTags: readonly TagName[];
  /** What belongs to images and was left out. */
  readonly omissions: readonly string[];
  /** Why the job could not be carried to its end. */
  readonly error?: ItemFailure | undefined;
}

const MAX_LISTED = 10_000;
const MAX_FAILURES = 1000;
const MAX_OMISSIONS = 100;

/** Counts what becomes of the items of one job. */
export class JobTally {
  readonly #names: Pick<JobResult, 'job' | 'from' | 'to'>;
  readonly #counts = {
    items: 0,
    done: 0,
    skipped: 0,
    waived: 0,
    failed: 0,
    backups: 0,
    deleted: 0,
    bytesCopied: 0,
    bytesFreed: 0,
  };
  readonly #copied: CopiedItem[] = [];
  readonly #failures: ItemFailure[] = [];
  readonly #deleted: TagName[] = [];
  readonly #omissions: string[] = [];
  readonly #backups = new Map<string, string>();
  #error: ItemFailure | undefined;

  constructor(names: Pick<JobResult, 'job' | 'from' | 'to'>) {
    this.#names = names;
  }

  get items(): number {
    return this.#counts.items;
  }

  selected(count: number): void {
    this.#counts.items += count;
  }

  skipped(): void {
    this.#counts.skipped++;
  }

  failed(error: SkerryError, repository: string, reference?: string): void {
    this.#counts.failed++;
    if (this.#failures.length < MAX_FAILURES) this.#failures.push(failureFrom(error, repository, reference));
  }

  backedUp(item: MirrorItem, tag: string): void {
    this.#counts.backups++;
    this.#backups.set(nameAtTarget(item), tag);
  }

  /** False for one that failed. */
  add(result: ItemResult): boolean {
    const { item, outcome, digest, bytesCopied, omissions, error } = result;
    this.#counts.bytesCopied += bytesCopied;
    // What a platform filter leaves out is what was asked for.
    for (const omission of omissions.filter(({ why }) => why !== 'other-platform'))
      if (this.#omissions.length < MAX_OMISSIONS) this.#omissions.push(describeOmission(omission));
    const loss = error ?? lossOf(omissions);
    if (loss !== undefined) {
      this.failed(loss, item.repository, item.reference);
      return false;
    }
    if (outcome === 'failed') throw new Error(`${nameOf(item)} failed without an error`);
    this.#counts[outcome]++;
    if (outcome !== 'done' || this.#copied.length >= MAX_LISTED) return true;
    const to = nameAtTarget(item);
    const { repository, reference } = item;
    this.#copied.push({
      repository,
      reference,
      to,
      digest,
      bytes: bytesCopied,
      backup: this.#backups.get(to),
    });
    return true;
  }

  deleted(tag: TagName): void {
    this.#counts.deleted++;
    if (this.#deleted.length < MAX_LISTED) this.#deleted.push(tag);
  }

  freed(bytes: number): void {
    this.#counts.bytesFreed += bytes;
  }

  /** Bytes of what was written for all items together. */
  wrote(bytes: number): void {
    this.#counts.bytesCopied += bytes;
  }

  /** The job itself has failed. */
  ended(error: SkerryError): void {
    if (this.#error === undefined) this.#error = failureFrom(error, this.#names.job, undefined);
    else this.failed(error, this.#names.job);
  }

  result(): JobResult {
    return {
      ...this.#names,
      ...this.#counts,
      copied: this.#copied,
      failures: this.#failures,
      deletedTags: this.#deleted,
      omissions: this.#omissions,
      error: this.#error,
    };
  }
}

/** `repository:tag` or `repository@digest`. */
export function nameOf({ repository, reference }: { repository: string; reference: string }): string {
  return `${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
}

export function nameAtTarget(item: MirrorItem): string {
  return nameOf(item.to ?? item);
}

function failureFrom(
  { code, message, remedy }: SkerryError,
  repository: string,
  reference: string | undefined,
): ItemFailure {
  return { repository, reference, code, message, remedy };
}

import type { ItemComparison, MirrorItem } from '../../content/copy/copy-items.ts';
import { contentError } from '../../content/errors.ts';
import type { CallOptions, Store } from '../../content/store.ts';
import { mirrorError } from '../errors.ts';
import type { Job } from '../file/job-schema.ts';
import type { ArrivalRule } from '../select/rules.ts';
import type { Selection } from '../select/selection.ts';
import type { SignatureRules } from '../verify/signature-rules.ts';
import type { JobTally } from './job-result.ts';
import type { WantedTags } from './wanted-tags.ts';

/** What goes through all of a job: its rules, and what is found out on the way. */
export interface JobRun {
  readonly job: Job;
  readonly signatures: SignatureRules;
  readonly tally: JobTally;
  readonly wanted: WantedTags;
}

/** All items of the selections, remembering what is said of their repositories. */
export class SelectedItems {
  readonly #run: JobRun;
  readonly #selections: AsyncIterable<Selection>;
  readonly #rules = new Map<string, ArrivalRule>();

  constructor(run: JobRun, selections: AsyncIterable<Selection>) {
    this.#run = run;
    this.#selections = selections;
  }

  async *all(): AsyncGenerator<MirrorItem> {
    const { job, tally, wanted } = this.#run;
    for await (const selection of this.#selections) {
      const { repository, items, error, rule } = selection;
      const clashing = wanted.add(job.name, selection);
      if (error !== undefined) tally.failed(error, repository);
      this.#rules.set(repository, rule);
      tally.selected(items.length);
      for (const item of items) {
        if (clashing.has(item)) tally.failed(clash(item), repository, item.reference);
        else yield item;
      }
    }
  }

  /** Throws SIGNATURE_* unless the job's rules let the item be mirrored as it was compared. */
  async verify({ item, source: found }: ItemComparison, source: Store, options: CallOptions): Promise<void> {
    const { repository } = item;
    const rules = this.#rules.get(repository)?.verify ?? [];
    if (rules.length === 0 || found === undefined) return;
    const { digest } = found;
    await this.#run.signatures.verify(rules, source, { repository, digest }, options);
  }
}

/** Throws MIRROR_NOTHING_SELECTED for a job that has selected nothing and has no failure that says why. */
export function requireItems({ job, tally }: JobRun): void {
  const { failed, error } = tally.result();
  if (tally.items > 0 || failed > 0 || error !== undefined) return;
  throw mirrorError('MIRROR_NOTHING_SELECTED', { subject: `job ${job.name}` });
}

function clash(item: MirrorItem) {
  const { repository, reference } = item.to ?? item;
  return contentError('REFERENCE_AMBIGUOUS', {
    subject: `${repository}:${reference}`,
    detail: `${item.repository} and something else of the job would both have this name at the target`,
  });
}

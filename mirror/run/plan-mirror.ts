import { openBundle } from '../../bundle/file/bundle-store.ts';
import { isAddress, type OpenedStore } from '../../bundle/location.ts';
import { fileSize } from '../../content/bytes/blob-file.ts';
import type { ItemComparison } from '../../content/copy/copy-items.ts';
import type { Digest } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { contentError } from '../../content/errors.ts';
import { streamLimited } from '../../content/limit.ts';
import type { Store } from '../../content/store.ts';
import { canFree } from '../../content/stores/deleting-store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { failureOf } from '../select/selection.ts';
import { SignatureRules } from '../verify/signature-rules.ts';
import { backupFor } from './backup.ts';
import type { MirrorContext } from './context.ts';
import { type DeletePlan, planDeletes, type TagName } from './deletes.ts';
import { type ItemCost, PlannedBlobs } from './item-cost.ts';
import { attemptPart, type JobPart, openParts } from './job-parts.ts';
import { type ItemFailure, JobTally, nameAtTarget, nameOf } from './job-result.ts';
import { isBundlePath, tooMuch } from './run-mirror.ts';
import { SameItems } from './same-items.ts';
import { type JobRun, requireItems, SelectedItems } from './selected-items.ts';
import { wantedByJob } from './wanted-tags.ts';

/** An item that a run would copy. */
export interface PlannedChange extends ItemCost {
  readonly name: string;
  readonly to: string;
  /** `incomplete`: the tag is the same, and something below it, or a signature, is not there. */
  readonly state: 'missing' | 'moved' | 'incomplete';
  readonly digest?: Digest | undefined;
  /** What the target's tag stands for. */
  readonly before?: Digest | undefined;
  readonly backup?: string | undefined;
}

/** What a run would do for a job. The numbers count all, the lists hold so many at most. */
export interface JobPlan {
  readonly job: string;
  readonly from: string;
  readonly to: string;
  readonly items: number;
  readonly same: number;
  readonly missing: number;
  readonly moved: number;
  readonly incomplete: number;
  readonly failed: number;
  /** Bytes that the target lacks, each counted once. */
  readonly bytes: number;
  /** About how many requests a run sends, where a side is a registry. */
  readonly requests: { readonly source: number; readonly target: number };
  readonly changes: readonly PlannedChange[];
  readonly deletes?: DeletePlan | undefined;
  /** Bytes of what nothing names any more then, where that is asked for; undefined where it is not known. */
  readonly bytesFreed?: number | undefined;
  readonly failures: readonly ItemFailure[];
  readonly error?: ItemFailure | undefined;
}

export interface PlanChoice {
  /** Find out what the changes cost; without it, each item costs one question at each side at most. */
  readonly costs: boolean;
}

const MAX_LISTED = 10_000;

/** What a run would do, for all jobs; nothing is changed anywhere. Only an abort is thrown. */
export async function planMirror(context: MirrorContext, choice: PlanChoice): Promise<JobPlan[]> {
  const { mirror } = context.file;
  const signatures = new SignatureRules(context.file);
  const wantedBy = wantedByJob(context.file);
  const plannings = mirror.jobs.map((job) => {
    const names = { job: job.name, from: job.from ?? 'registries of its images', to: job.to };
    const tally = new JobTally(names);
    return new JobPlanning({ job, signatures, tally, wanted: wantedBy(job) }, context, choice);
  });
  for (const planning of plannings) await planning.attempt(() => planning.compare());
  for (const planning of plannings) await planning.attempt(() => planning.planDeletes());
  return plannings.map((planning) => planning.plan());
}

type ComparedState = ItemComparison['state'] | 'incomplete';

interface ComparedPart {
  readonly items: SelectedItems;
  readonly source: Store;
  readonly target: Store;
  readonly same: SameItems;
}

class JobPlanning {
  readonly #run: JobRun;
  readonly #context: MirrorContext;
  readonly #choice: PlanChoice;
  readonly #blobs = new PlannedBlobs();
  readonly #changes: PlannedChange[] = [];
  readonly #counts = { same: 0, missing: 0, moved: 0, incomplete: 0 };
  #manifests = 0;
  /** Names that will stand for something else, with nothing that keeps what they stand for now. */
  readonly #lost: TagName[] = [];
  #deletes: DeletePlan | undefined;
  #freed: number | undefined;

  constructor(run: JobRun, context: MirrorContext, choice: PlanChoice) {
    this.#run = run;
    this.#context = context;
    this.#choice = choice;
  }

  async attempt(work: () => Promise<void>): Promise<void> {
    const { tally, wanted, job } = this.#run;
    try {
      await work();
    } catch (thrown) {
      this.#context.signal?.throwIfAborted();
      wanted.giveUp();
      tally.ended(failureOf(thrown, `job ${job.name}`));
    }
  }

  async compare(): Promise<void> {
    await this.#withTarget(async (target) => {
      for await (const part of openParts(this.#run, this.#context)) {
        await attemptPart(this.#run, this.#context, () => this.#comparePart(part, target));
        await part.close();
      }
    });
    requireItems(this.#run);
  }

  async planDeletes(): Promise<void> {
    const { job, wanted } = this.#run;
    const { delete: rule } = job;
    if (rule === undefined || isBundlePath(job.to)) return;
    await this.#withTarget(async (target) => {
      if (rule.freeSpace) this.#freed = await this.#wouldFree(target, []);
      const held = await wanted.heldBy(target, job.name, this.#context.signal);
      this.#deletes = planDeletes(held, { maxShare: rule.maxShare, backups: wanted.backups });
      const { allowed, tags, held: count } = this.#deletes;
      if (!allowed) throw tooMuch(job, tags.length, count);
      if (rule.freeSpace) this.#freed = await this.#wouldFree(target, tags);
    });
  }

  plan(): JobPlan {
    const { job, from, to, items, failed, failures, error } = this.#run.tally.result();

    const { blobs, asked, bytes } = this.#blobs;
    const written = this.#manifests;
    return {
      ...{ job, from, to, items, ...this.#counts, failed, bytes },
      requests: {
        // One question for each item, a GET for each manifest and blob.
        source: items + written + blobs,
        // One question for each item and blob, a POST and a PUT for each that is missing, a PUT for each manifest.
        target: items + asked + 2 * blobs + written,
      },
      changes: this.#changes,
      deletes: this.#deletes,
      bytesFreed: this.#freed,
      failures,
      error,
    };
  }

  async #comparePart({ source, selections }: JobPart, target: Store): Promise<void> {
    const { engine, file, signal } = this.#context;
    const items = new SelectedItems(this.#run, selections);
    const options = { signal, width: file.mirror.parallel };
    const same = new SameItems(source, target);
    const compared = engine.compareItems(source, target, items.all(), options);
    const planned = streamLimited(
      compared,
      file.mirror.parallel,
      (comparison) => this.#planItem(comparison, { items, source, target, same }),
      signal,
    );
    for await (const change of planned)
      if (change !== undefined && this.#changes.length < MAX_LISTED) this.#changes.push(change);
  }

  async #planItem(
    comparison: ItemComparison,
    { items, source, target, same }: ComparedPart,
  ): Promise<PlannedChange | undefined> {
    const { item, error, source: found, target: held } = comparison;
    const { job, tally, wanted } = this.#run;
    const { signal } = this.#context;
    try {
      const state = await this.#stateOf(comparison, same);
      if (state === 'failed') throw error ?? contentError('CONTENT_NOT_FOUND', { subject: item.reference });
      this.#counts[state]++;
      if (state === 'same') return undefined;
      await items.verify(comparison, source, { signal });
      const pinned = { ...item, digest: found?.digest };
      const options = { signal, sparse: job.allowSparse };
      const cost = this.#choice.costs
        ? await this.#blobs.costOf(pinned, source, target, options)
        : { bytes: 0, blobs: 0, manifests: 0 };
      this.#manifests += cost.manifests;
      const backup = backupFor(job, comparison);
      const { repository, reference: tag } = item.to ?? item;
      if (state === 'moved' && backup === undefined) this.#lost.push({ repository, tag });
      const names = { name: nameOf(item), to: nameAtTarget(item), state };
      return { ...names, digest: found?.digest, before: held?.digest, backup, ...cost };
    } catch (thrown) {
      signal?.throwIfAborted();
      wanted.keep((item.to ?? item).repository);
      return void tally.failed(failureOf(thrown, item.reference), item.repository, item.reference);
    }
  }

  // What changes bring is known only where their cost was asked for.
  async #wouldFree(target: Store, deleted: readonly TagName[]): Promise<number | undefined> {
    if (!this.#choice.costs || !canFree(target)) return undefined;
    const { signal } = this.#context;
    const freed = await target.wouldFree([...this.#lost, ...deleted], { signal });
    return [...freed].reduce((sum, [digest, size]) => (this.#blobs.has(digest) ? sum : sum + size), 0);
  }

  // Of a source that lacks children itself the target can't have more.
  async #stateOf(comparison: ItemComparison, same: SameItems): Promise<ComparedState> {
    const { state } = comparison;
    if (state !== 'same' || this.#run.job.allowSparse === 'any') return state;
    return (await same.isComplete(comparison, { signal: this.#context.signal })) ? 'same' : 'incomplete';
  }

  // A plan makes nothing: a folder or a bundle that is not there yet holds nothing.
  async #withTarget(work: (target: Store) => Promise<void>): Promise<void> {
    const { job } = this.#run;
    const opened = await openHeld(job.to, this.#context);
    try {
      await work(opened.store);
    } finally {
      await opened.close();
    }
  }
}

async function openHeld(to: string, { file, locations }: MirrorContext): Promise<OpenedStore<Store>> {
  const nothing = { store: new MemoryStore('nothing yet'), close: async () => {} };
  if (isBundlePath(to)) {
    const path = file.resolve(to);
    if ((await fileSize(path)) === undefined) return nothing;
    const store = await openBundle(path);
    return { store, close: () => store.close() };
  }
  try {
    return await locations.held(isAddress(to) ? to : file.resolve(to));
  } catch (error) {
    if (isSkerryError(error, 'STORE_NOT_FOUND')) return nothing;
    throw error;
  }
}

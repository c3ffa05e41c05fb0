import { LRUCache } from 'lru-cache';
import { type Digest, isDigest } from '../digest.ts';
import { isSkerryError, messageOf, type SkerryError } from '../error.ts';
import { mapLimited, Turnstile } from '../limit.ts';
import type { CallOptions, Store, WritableStore } from '../store.ts';
import { type Attachments, attachmentsOf } from './attachments.ts';
import { BlobCopier, DEFAULT_WIDTH } from './blob-copier.ts';
import { type ComparedNames, NameComparisons, targetOf } from './compare-item.ts';
import { CopyCounter } from './copy-counter.ts';
import { type CopyPlan, groupByHeight, largestFirst, planItems } from './copy-plan.ts';
import { CopyTroubles } from './copy-troubles.ts';
import type { CopyItemsOptions, ItemResult, MirrorItem } from './mirror-item.ts';
import type { PlannedManifest } from './planned-content.ts';
import { type Held, TargetView } from './target-view.ts';
import { isUnchanged } from './unchanged.ts';

/** Repositories of the source of which it is remembered what belongs to their manifests. */
const MOST_ATTACHMENTS = 64;
/** Items of which it is remembered where the target has them. */
const MOST_HOMES = 20_000;

/** What the items of one copy share: what is known of both sides, and the transfers under way. */
export class CopyRun {
  readonly #from: Store;
  readonly #to: WritableStore;
  readonly #options: CopyItemsOptions;
  readonly #width: number;
  readonly #turnstile: Turnstile;
  readonly #target: TargetView;
  readonly #names: NameComparisons;
  readonly #blobs: BlobCopier;
  readonly #counter: CopyCounter;
  readonly #troubles = new CopyTroubles();
  /** A repository of the target that holds all of an item, by its digest. */
  readonly #homes = new LRUCache<Digest, string>({ max: MOST_HOMES });
  readonly #attachments = new LRUCache<string, Attachments>({ max: MOST_ATTACHMENTS });

  constructor(from: Store, to: WritableStore, options: CopyItemsOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
    this.#width = options.width ?? DEFAULT_WIDTH;
    this.#turnstile = new Turnstile(this.#width);
    this.#target = new TargetView(to, { recheck: options.recheckContent });
    this.#names = new NameComparisons(from, this.#target);
    this.#blobs = new BlobCopier(from, to, this.#width);
    this.#counter = new CopyCounter(options.onProgress);
  }

  /** Copies an item with all that belongs to it. Fails only when it is aborted. */
  async copy(item: MirrorItem, signal: AbortSignal): Promise<ItemResult> {
    const work = new ItemWork(item);
    try {
      this.#troubles.check(item.repository);
      const result = await this.#copy(work, { signal });
      this.#troubles.passed(item.repository);
      return result;
    } catch (error) {
      signal.throwIfAborted();
      if (!isSkerryError(error)) throw error;
      if (this.#troubles.isGeneral(error) || item.optionalFor === undefined) {
        this.#troubles.failed(error, item.repository);
        return work.result('failed', { error });
      }
      const what = { repository: item.repository, of: item.optionalFor, what: item.reference };
      const omission = { ...what, why: 'unreadable' as const, detail: `${error.code}: ${messageOf(error)}` };
      return work.result('waived', { error, omissions: [omission] });
    }
  }

  async #copy(work: ItemWork, options: CallOptions): Promise<ItemResult> {
    const { item } = work;
    const attachments = this.#attachmentsIn(item.repository, item);
    // A cache lists what it is asked for from then on, so the list comes first.
    if (item.referrers !== 'none') await attachments.prepare(options);
    const names = await this.#names.compare(item, options);
    work.digest = names.source.digest;
    const sides = { from: this.#from, to: this.#target, attachments, names: this.#names };
    if (!this.#options.recheckReferrers && (await isUnchanged(sides, item, names, options))) {
      this.#homes.set(names.source.digest, targetOf(item).repository);
      return work.result('skipped');
    }
    // Names are compared ahead of the copies, which alone weigh something.
    return await this.#turnstile.run(() => this.#bring(work, names, options));
  }

  async #bring(work: ItemWork, names: ComparedNames, options: CallOptions): Promise<ItemResult> {
    const { item } = work;
    options.signal?.throwIfAborted();
    this.#troubles.check(item.repository);
    await this.#options.beforeCopy?.({ item, ...names }, options);
    const plan = await this.#plan(work, names.source.digest, options).catch(async (error: unknown) => {
      const digest = await this.#movedTo(item, names, error, options);
      await this.#options.beforeCopy?.({ item, ...names, source: { ...names.source, digest } }, options);
      work.digest = digest;
      return await this.#plan(work, digest, options);
    });
    await this.#carryOut(plan, work, names, options);
    return work.result(work.hasWritten ? 'done' : 'skipped', { omissions: plan.omissions });
  }

  async #plan(work: ItemWork, digest: Digest, options: CallOptions): Promise<CopyPlan> {
    const { item } = work;
    const { repository, reference } = targetOf(item);
    const { sparse, recheckReferrers } = this.#options;
    return await planItems(
      this.#from,
      [{ repository: item.repository, reference, digest, platforms: item.platforms }],
      (name) => this.#attachmentsIn(name, item),
      {
        ...options,
        sparse,
        recheckReferrers,
        referrers: item.referrers,
        isHeld: async (_, each) => {
          const held = work.held.get(each) ?? (await this.#target.lookUp(repository, each, options));
          work.held.set(each, held);
          return held === 'whole';
        },
      },
    );
  }

  /**
   * The digest that a tag has moved to since it was compared, or has had all along where the source said another one.
   * Throws what went wrong when it is not that.
   */
  async #movedTo(
    { repository, reference, digest }: MirrorItem,
    { source }: ComparedNames,
    error: unknown,
    options: CallOptions,
  ): Promise<Digest> {
    const isPinned = digest !== undefined || isDigest(reference);
    if (isPinned || !isSkerryError(error, 'CONTENT_NOT_FOUND')) throw error;
    const manifest = await this.#from.readManifest(repository, reference, options);
    if (manifest === undefined || manifest.digest === source.digest) throw error;
    return manifest.digest;
  }

  // Blobs first, then manifests from the bottom up, so that whatever the target shows is complete at every moment.
  async #carryOut(plan: CopyPlan, work: ItemWork, names: ComparedNames, options: CallOptions): Promise<void> {
    const { repository } = targetOf(work.item);
    const home = work.digest && this.#homes.get(work.digest);
    const heldIn = home === repository ? undefined : home;
    this.#counter.add(plan);
    const missing: SkerryError[] = [];
    await mapLimited(largestFirst(plan.blobs), this.#width, async (blob) => {
      const job = {
        descriptor: blob.descriptor,
        repository: work.item.repository,
        wanted: [repository],
        heldIn,
      };
      const count = this.#counter.blob(blob, (bytes) => work.moved(bytes));
      await this.#blobs.copy(job, count, options).catch((error: unknown) => {
        // What is in the volumes that are here is brought all the same: they may be gone when the others come.
        if (!isSkerryError(error, 'VOLUME_MISSING')) throw error;
        missing.push(error);
      });
    });
    if (missing[0] !== undefined) throw missing[0];
    for (const group of groupByHeight(plan.manifests))
      await mapLimited(group, this.#width, (planned) => this.#write(planned, work, names, options));
    if (work.digest) this.#homes.set(work.digest, repository);
  }

  async #write(
    { reference, manifest }: PlannedManifest,
    work: ItemWork,
    { target }: ComparedNames,
    options: CallOptions,
  ): Promise<void> {
    options.signal?.throwIfAborted();
    const { digest } = manifest;
    const name = targetOf(work.item);
    const isRoot = reference === name.reference;
    const isThere = isRoot
      ? target?.digest === digest
      : isDigest(reference)
        ? (work.held.get(digest) ?? 'absent') !== 'absent'
        : (await this.#target.resolve(name.repository, reference, options))?.digest === digest;
    if (isThere) return;
    await this.#to.writeManifest(name.repository, reference, manifest, options);
    work.hasWritten = true;
  }

  #attachmentsIn(repository: string, { reference, digest }: MirrorItem): Attachments {
    // The tag of an item with a digest may be one that it gets at the target.
    const known = digest !== undefined || isDigest(reference) ? [] : [reference];
    const attachments = this.#attachments.get(repository) ?? attachmentsOf(this.#from, repository, known);
    this.#attachments.set(repository, attachments);
    return attachments;
  }
}

/** An item on its way. */
class ItemWork {
  readonly item: MirrorItem;
  /** How the target holds what the plan has come across. */
  readonly held = new Map<Digest, Held>();
  digest: Digest | undefined;
  hasWritten = false;
  #bytesCopied = 0;

  constructor(item: MirrorItem) {
    this.item = item;
  }

  moved(bytes: number): void {
    this.#bytesCopied += bytes;
    if (bytes > 0) this.hasWritten = true;
  }

  result(
    outcome: ItemResult['outcome'],
    { omissions = [], error }: Partial<Pick<ItemResult, 'omissions' | 'error'>> = {},
  ): ItemResult {
    const { item, digest } = this;
    return { item, outcome, digest, bytesCopied: this.#bytesCopied, omissions, error };
  }
}

import { isSkerryError } from '../../content/error.ts';
import type { StorageReport } from '../../content/storage-report.ts';
import { collectGarbage } from '../gc/collect.ts';
import { DEFAULT_KEEP_UNTAGGED } from '../gc/plan/keep-untagged.ts';
import { LastDone } from '../jobs/last-done.ts';
import { measureDisk } from '../store/files/disk-measure.ts';
import type { ServedStore } from '../store/served-store.ts';
import { measureStore } from '../usage/measure.ts';
import { PlanSummary } from './plan-summary.ts';

export interface StorageReportsOptions {
  /** How often garbage is collected, in milliseconds; on command only when absent. */
  readonly gcEvery?: number | undefined;
  /** So long a report is good, in milliseconds; a minute when absent. */
  readonly freshMs?: number | undefined;
}

/** Clients may ask as often as they like: the whole index is walked once in so long, whoever asks. */
const FRESH_MS = 60_000;
const WITHIN_MS = 120_000;
const MAX_REPOSITORIES = 500;

/** What a store takes and what garbage collection would take from it, for clients over the network. */
export class StorageReports {
  readonly #store: ServedStore;
  readonly #options: StorageReportsOptions;
  readonly #closing = new AbortController();
  #report: Promise<StorageReport> | undefined;
  #until = 0;

  constructor(store: ServedStore, options: StorageReportsOptions = {}) {
    this.#store = store;
    this.#options = options;
  }

  /** The latest report, made again when it is older than a minute. Throws what reading the store throws. */
  async read(): Promise<StorageReport> {
    if (this.#report === undefined || performance.now() >= this.#until) {
      // Until it is made, all who ask wait for the same one.
      this.#until = Number.POSITIVE_INFINITY;
      const making = this.#make();
      this.#report = making;
      const { freshMs = FRESH_MS } = this.#options;
      making.then(
        () => {
          this.#until = performance.now() + freshMs;
        },
        () => {
          this.#report = undefined;
        },
      );
    }
    return await this.#report;
  }

  /** Ends a walk that is under way, and waits for it. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#report?.catch(() => undefined);
  }

  async #make(): Promise<StorageReport> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(WITHIN_MS)]);
    const measuredAt = new Date(this.#store.clock()).toISOString();
    const { repositories, bytes, sharedBytes } = await measureStore(this.#store.index, signal);
    const sum = (field: 'tags' | 'manifests') => repositories.reduce((total, each) => total + each[field], 0);
    const { free, size } = await measureDisk(this.#store.folder);
    return {
      measuredAt,
      total: {
        repositories: repositories.length,
        tags: sum('tags'),
        manifests: sum('manifests'),
        bytes,
        sharedBytes,
      },
      disk: { freeBytes: free, sizeBytes: size },
      repositories: repositories.toSorted((a, b) => b.bytes - a.bytes).slice(0, MAX_REPOSITORIES),
      collection: await this.#collection(signal),
    };
  }

  async #collection(signal: AbortSignal): Promise<StorageReport['collection']> {
    const { gcEvery } = this.#options;
    const lastDone = await new LastDone(this.#store.folder, 'gc').read();
    const schedule = {
      ...(gcEvery === undefined ? {} : { everySeconds: gcEvery / 1000 }),
      ...(lastDone === undefined ? {} : { lastDoneAt: new Date(lastDone).toISOString() }),
      keepUntaggedSeconds: DEFAULT_KEEP_UNTAGGED / 1000,
    };
    const summary = new PlanSummary();
    const options = { plan: true, quarantine: false, keepUntagged: DEFAULT_KEEP_UNTAGGED };
    try {
      for await (const event of collectGarbage(this.#store, { ...options, rules: [], roots: [] }, signal))
        summary.add(event);
    } catch (error) {
      if (!isSkerryError(error, 'REGISTRY_LOG_INCOMPLETE')) throw error;
      const { code, means, detail } = error;
      return { ...schedule, refused: { code, detail: detail ?? means } };
    }
    return { ...schedule, plan: summary.plan };
  }
}

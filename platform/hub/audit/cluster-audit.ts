import { randomUUID } from 'node:crypto';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { Clock } from '../../../apply/clock.ts';
import type { EventMark } from '../../desired/events.ts';
import { platformError } from '../../errors.ts';
import type { Audit, AuditEntry } from './audit.ts';
import { AuditBook } from './audit-book.ts';
import { type Unchained, unchained } from './audit-line.ts';
import type { Page } from './page.ts';
import { PageStore } from './page-store.ts';

export interface ClusterAuditOptions {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'create' | 'replace' | 'delete'>;
  /** The hub's own. */
  readonly namespace: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The time of day. */
  readonly now: () => Date;
  /** Gets each entry at once, whatever becomes of it in the cluster. */
  readonly log: (entry: Unchained) => void;
  /** A write that failed and is tried again. */
  readonly onError: (error: unknown) => void;
  readonly maxPages?: number | undefined;
  readonly maxWaiting?: number | undefined;
  /** Milliseconds between two writes. */
  readonly everyMs?: number | undefined;
}

/** The audit that the hub keeps in its own cluster. */
export interface ClusterAudit extends Audit {
  /** The last event of an agent that is written down, whichever hub did it. */
  lastEvent(stream: string): Promise<EventMark>;
  /** All streams that something is written down of, whichever hub did it. */
  streams(): Promise<readonly string[]>;
  /** As `record`, for several; events of agents that are there already are left out. */
  recordAll(entries: readonly AuditEntry[]): Promise<void>;
  /** The pages, the oldest first. */
  pages(): Promise<readonly Page[]>;
  /** Resolves once everything that was recorded is kept. */
  settled(): Promise<void>;
}

interface Waiting {
  readonly entry: Unchained;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const MAX_PAGES = 64;
const WRITE_EVERY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** Reading all pages is megabytes, and begins from the first again where it was given up. */
const CALL_MS = 60_000;
/** Two lines of each agent that a hub takes: what all of them do at once must not be refused. */
const MAX_WAITING = 10_000;

/** Begins to keep an audit; nothing is written before the first entry. */
export function startAudit(options: ClusterAuditOptions): ClusterAudit {
  return new BatchedAudit(options);
}

class BatchedAudit implements ClusterAudit {
  readonly #options: ClusterAuditOptions;
  readonly #store: PageStore;
  readonly #book: AuditBook;
  readonly #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;

  constructor(options: ClusterAuditOptions) {
    this.#options = options;
    this.#store = new PageStore(options.client, options.namespace);
    this.#book = new AuditBook({
      store: this.#store,
      maxPages: options.maxPages ?? MAX_PAGES,
      note: (action, subject, detail) =>
        this.#unchained({ actor: 'hub', action, subject, outcome: 'done', detail }),
    });
  }

  async record(entry: AuditEntry): Promise<void> {
    await this.#add([this.#unchained(entry)]);
  }

  async recordAll(entries: readonly AuditEntry[]): Promise<void> {
    await this.#add(entries.map((entry) => this.#unchained(entry)));
  }

  async lastEvent(stream: string): Promise<EventMark> {
    return await this.#book.lastEvent(stream, { signal: this.#options.signal, timeoutMs: CALL_MS });
  }

  async streams(): Promise<readonly string[]> {
    return await this.#book.streams({ signal: this.#options.signal, timeoutMs: CALL_MS });
  }

  async pages(): Promise<readonly Page[]> {
    return await this.#store.list({ signal: this.#options.signal, timeoutMs: CALL_MS });
  }

  async settled(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  #unchained(entry: AuditEntry): Unchained {
    return unchained(entry, randomUUID(), this.#options.now());
  }

  async #add(entries: readonly Unchained[]): Promise<void> {
    if (entries.length === 0) return;
    const { log, maxWaiting = MAX_WAITING } = this.#options;
    for (const entry of entries) log(entry);
    if (this.#waiting.length + entries.length > maxWaiting)
      throw platformError('AUDIT_FULL', { subject: 'audit', detail: `${this.#waiting.length} wait` });
    const kept = entries.map(
      (entry) => new Promise<void>((resolve, reject) => void this.#waiting.push({ entry, resolve, reject })),
    );
    this.#writing ??= this.#write();
    await Promise.all(kept);
  }

  async #write(): Promise<void> {
    const { clock, signal, onError, everyMs = WRITE_EVERY_MS } = this.#options;
    let pauseMs = everyMs;
    while (this.#waiting.length > 0 && !signal.aborted) {
      const batch = [...this.#waiting];
      try {
        await this.#book.append(
          batch.map(({ entry }) => entry),
          { signal, timeoutMs: CALL_MS },
        );
        this.#waiting.splice(0, batch.length);
        for (const { resolve } of batch) resolve();
        pauseMs = everyMs;
      } catch (error) {
        if (!signal.aborted) onError(error);
        pauseMs = Math.min(pauseMs * 2, MAX_RETRY_MS);
      }
      // Also after the last: what comes within the pause is one write.
      await clock.sleep(pauseMs, signal).catch(() => undefined);
    }
    if (signal.aborted) for (const { reject } of this.#waiting.splice(0)) reject(signal.reason);
    // In the same breath as the last look: an entry that comes after it finds nobody writing.
    this.#writing = undefined;
  }
}

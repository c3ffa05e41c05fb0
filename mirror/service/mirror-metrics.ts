import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { MirrorState, RunSummary } from './state-file.ts';

/** What Prometheus sees of a mirror. Names of jobs are in it, no names of repositories and no addresses. */
export class MirrorMetrics {
  readonly #registry = new Registry();
  readonly #runs = this.#counter('runs_total', 'Runs that have ended, by what came of them.', ['outcome']);
  readonly #refused = this.#counter(
    'runs_refused_total',
    'Runs that did not begin because another had not ended.',
  );
  readonly #items = this.#counter('items_total', 'Items, by job and by what became of them.', [
    'job',
    'outcome',
  ]);
  readonly #bytes = this.#counter('copied_bytes_total', 'Bytes that were copied.', ['job']);
  readonly #running = this.#gauge('running', '1 while a run is under way.');
  readonly #stale = this.#gauge('stale', '1 while the last good run is older than it should be.');
  readonly #lastRun = this.#gauge('last_run_timestamp_seconds', 'When the last run ended.');
  readonly #lastGood = this.#gauge(
    'last_success_timestamp_seconds',
    'When the last run ended in which nothing failed.',
  );
  readonly #duration = this.#gauge('last_run_duration_seconds', 'How long the last run took.');
  readonly #hasFailed = this.#gauge(
    'last_run_failed',
    '1 when something failed in the last run, or all of it.',
  );
  readonly #failed = this.#gauge('last_run_failed_items', 'Items that failed in the last run.', ['job']);
  readonly #next = this.#gauge('next_run_timestamp_seconds', 'When the next run is due.');

  constructor({ process = false }: { readonly process?: boolean } = {}) {
    if (process) collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** In Prometheus' text format. */
  async text(): Promise<string> {
    return await this.#registry.metrics();
  }

  /** What is known from the runs of earlier processes. */
  remember({ runs: [last], lastGood }: MirrorState): void {
    if (last !== undefined) this.#note(last);
    if (lastGood !== undefined) this.#lastGood.set(seconds(lastGood));
  }

  started(): void {
    this.#running.set(1);
  }

  refused(): void {
    this.#refused.inc();
  }

  ended(run: RunSummary): void {
    this.#running.set(0);
    this.#runs.inc({ outcome: run.code === undefined ? 'good' : 'failed' });
    if (run.code === undefined) this.#lastGood.set(seconds(run.ended));
    for (const { job, done, skipped, failed, deleted, bytesCopied } of run.jobs) {
      for (const [outcome, count] of Object.entries({ done, skipped, failed, deleted }))
        this.#items.inc({ job, outcome }, count);
      this.#bytes.inc({ job }, bytesCopied);
    }
    this.#note(run);
  }

  due(time: number): void {
    this.#next.set(time / 1000);
  }

  stale(isStale: boolean): void {
    this.#stale.set(isStale ? 1 : 0);
  }

  #note({ started, ended, code, jobs }: RunSummary): void {
    this.#hasFailed.set(code === undefined ? 0 : 1);
    this.#lastRun.set(seconds(ended));
    this.#duration.set(seconds(ended) - seconds(started));
    for (const { job, failed, error } of jobs)
      this.#failed.set({ job }, failed + (error === undefined ? 0 : 1));
  }

  #counter<T extends string>(name: string, help: string, labelNames: T[] = []): Counter<T> {
    return new Counter({ name: `skerry_mirror_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #gauge<T extends string>(name: string, help: string, labelNames: T[] = []): Gauge<T> {
    return new Gauge({ name: `skerry_mirror_${name}`, help, labelNames, registers: [this.#registry] });
  }
}

function seconds(time: string): number {
  return Date.parse(time) / 1000;
}

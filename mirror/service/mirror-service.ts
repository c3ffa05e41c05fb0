import { isSkerryError, messageOf } from '../../content/error.ts';
import { mirrorError } from '../errors.ts';
import type { JobResult } from '../run/job-result.ts';
import { verdictOf } from '../run/verdict.ts';
import { failureOf } from '../select/selection.ts';
import { isOld } from './age.ts';
import type { MirrorMetrics } from './mirror-metrics.ts';
import { summaryOf } from './run-summary.ts';
import type { Schedule } from './schedule.ts';
import { type MirrorState, type RunSummary, withRun } from './state-file.ts';

/** Failures of a run that have a line of their own; the state has more. */
const MAX_TOLD = 20;

/** A lock that one run has at a time, whatever process it is in. */
export interface RunLock {
  release(): void;
}

export interface ServiceParts {
  readonly name: string;
  readonly schedule: Schedule;
  /** By so much runs begin later than is due, at most (milliseconds). */
  readonly spreadMs: number;
  /** A last good run that is older is reported (milliseconds). */
  readonly maxAgeMs: number;
  /** Run once before the first time that is due. */
  readonly atStart: boolean;
  readonly run: (signal: AbortSignal) => Promise<readonly JobResult[]>;
  /** Undefined when another run has it. */
  readonly takeLock: () => Promise<RunLock | undefined>;
  readonly state: { read(): Promise<MirrorState>; write(state: MirrorState): Promise<void> };
  readonly metrics: MirrorMetrics;
  readonly log: (record: Readonly<Record<string, string | number | boolean | undefined>>) => void;
  readonly now: () => number;
  readonly random: () => number;
  /** Resolves at a time, or sooner; throws when aborted. */
  readonly sleepUntil: (time: number, signal: AbortSignal) => Promise<void>;
}

/** Runs a mirror whenever it is due, one run at a time, until the signal says to stop. */
export async function serveMirror(parts: ServiceParts, signal: AbortSignal): Promise<void> {
  const service = new MirrorService(parts, await parts.state.read());
  try {
    await service.serve(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

class MirrorService {
  readonly #parts: ServiceParts;
  #state: MirrorState;
  #next: number;
  #toldOld = false;
  /** The file has what is remembered. */
  #isKept = true;

  constructor(parts: ServiceParts, state: MirrorState) {
    this.#parts = parts;
    this.#state = state;
    parts.metrics.remember(state);
    this.#next = this.#first();
  }

  async serve(signal: AbortSignal): Promise<void> {
    const { now, sleepUntil, log, schedule, maxAgeMs } = this.#parts;
    await this.#remember({ next: time(this.#next), schedule: schedule.expression });
    log({ message: 'scheduled', schedule: schedule.expression, next: time(this.#next) });
    for (;;) {
      signal.throwIfAborted();
      this.#watchAge();
      if (this.#isTooFar()) await this.#schedule();
      if (now() >= this.#next) await this.#runOnce(signal);
      else await sleepUntil(Math.min(this.#next, now() + maxAgeMs), signal);
    }
  }

  // A run that was cut off is gone on with at once, and one that was due meanwhile is made up for.
  #first(): number {
    const { now, schedule, spreadMs, random, atStart } = this.#parts;
    const { running, next, schedule: before } = this.#state;
    if (atStart || running !== undefined) return now();
    const remembered = before === schedule.expression && next !== undefined ? Date.parse(next) : Number.NaN;
    return Number.isNaN(remembered) ? schedule.spreadAfter(now(), spreadMs, random()) : remembered;
  }

  // The clock was wrong when it was planned, and has been put right.
  #isTooFar(): boolean {
    const { now, schedule, spreadMs } = this.#parts;
    return this.#next > schedule.latestAfter(now(), spreadMs);
  }

  async #runOnce(signal: AbortSignal): Promise<void> {
    const { takeLock, metrics, log, name } = this.#parts;
    const lock = await takeLock();
    if (lock === undefined) {
      metrics.refused();
      log({ level: 'warn', message: 'another run has not ended', code: 'MIRROR_BUSY', mirror: name });
      return await this.#schedule();
    }
    try {
      await this.#run(signal);
    } finally {
      lock.release();
    }
    await this.#schedule();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { run, now, metrics, log, name } = this.#parts;
    const started = now();
    await this.#recall();
    await this.#remember({ running: time(started) });
    metrics.started();
    log({ message: 'run started', mirror: name });
    const jobs = await run(signal).catch((error: unknown) => {
      signal.throwIfAborted();
      return failureOf(error, name);
    });
    const verdict = isSkerryError(jobs) ? jobs : verdictOf(jobs);
    const summary = summaryOf(isSkerryError(jobs) ? [] : jobs, { started, ended: now() }, verdict);
    metrics.ended(summary);
    this.#tell(summary);
    this.#state = withRun(this.#state, summary);
    await this.#remember({});
  }

  // Runs that were started by hand since are in the file alone.
  async #recall(): Promise<void> {
    if (!this.#isKept) return;
    const found = await this.#parts.state.read().catch(() => undefined);
    if (found === undefined) return;
    const { runs, lastGood } = found;
    this.#state = { ...this.#state, runs, ...(lastGood === undefined ? {} : { lastGood }) };
  }

  #tell({ code, message, failures, jobs }: RunSummary): void {
    const { log, name } = this.#parts;
    for (const { error, ...job } of jobs)
      log({
        level: error === undefined && job.failed === 0 ? 'info' : 'error',
        message: 'job ended',
        ...job,
        error,
      });
    for (const failure of failures.slice(0, MAX_TOLD))
      log({ level: 'error', message: 'item failed', failure });
    if (code === undefined) log({ message: 'run ended well', mirror: name });
    else log({ level: 'error', message: 'run failed', mirror: name, code, why: message });
  }

  async #schedule(): Promise<void> {
    const { schedule, spreadMs, random, now } = this.#parts;
    this.#next = schedule.spreadAfter(now(), spreadMs, random());
    await this.#remember({ next: time(this.#next) });
  }

  #watchAge(): void {
    const { now, maxAgeMs, metrics, log, name } = this.#parts;
    const old = isOld(this.#state, now(), maxAgeMs);
    metrics.stale(old);
    if (old && !this.#toldOld) {
      const { code, message } = mirrorError('MIRROR_RUN_OLD', {
        subject: name,
        detail: this.#state.lastGood,
      });
      log({ level: 'error', message, code, mirror: name });
    }
    this.#toldOld = old;
  }

  // A full disk must not stop the mirror: what can't be remembered is reported.
  async #remember(change: Partial<MirrorState>): Promise<void> {
    const { state, metrics, log, name } = this.#parts;
    this.#state = { ...this.#state, ...change };
    metrics.due(this.#next);
    this.#isKept = true;
    await state.write(this.#state).catch((error: unknown) => {
      this.#isKept = false;
      log({ level: 'error', message: `the state could not be written: ${messageOf(error)}`, mirror: name });
    });
  }
}

function time(ms: number): string | undefined {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : undefined;
}

import { HashThreads } from '../../content/bytes/hash/hash-threads.ts';
import { messageOf } from '../../content/error.ts';
import { every, type Repeated } from '../jobs/every.ts';
import { type JobTime, systemTime } from '../jobs/job-time.ts';
import { LastDone } from '../jobs/last-done.ts';
import type { Log } from '../log.ts';
import type { ScrubObserver } from '../metrics/job-metrics.ts';
import type { ServedStore } from '../store/served-store.ts';
import { hashingFailed } from '../uploads/upload-hash.ts';
import { DueFiles } from './due-files.ts';
import { observe } from './observe.ts';
import { Pace } from './pace.ts';
import { type Problem, scanFiles } from './scan.ts';

export interface ScrubOptions {
  /** How long after a file was read it is read again, in milliseconds. */
  readonly every: number;
  /** Bytes per second at most. */
  readonly rate: number;
  readonly log: Log;
  readonly observer?: ScrubObserver | undefined;
  readonly time?: JobTime | undefined;
}

const MINUTE = 60_000;
/** A registry that has just started has better things to do. */
const FIRST_MS = MINUTE;
/** What was pushed meanwhile is read back this often. */
const LONGEST_MS = 60 * MINUTE;

/**
 * Reads the files of a store again and again for as long as it is served: what is new soon, and everything once in a
 * while. When each file was read is in the index, so a registry that restarts continues where it was.
 */
export function startScrub(store: ServedStore, options: ScrubOptions): Repeated {
  const { log, every: span, time } = options;
  const { clock, index } = store;
  const files = new DueFiles(index);
  return every((signal) => scrubOnce(store, files, options, signal), {
    first: FIRST_MS,
    next: () => {
      const due = (files.oldest() ?? clock()) + span;
      return Math.min(Math.max(due - clock(), MINUTE), LONGEST_MS);
    },
    onFailure: (error) =>
      log({ time: new Date(clock()).toISOString(), event: 'scrub-failed', error: messageOf(error) }),
    time,
  });
}

async function scrubOnce(
  store: ServedStore,
  files: DueFiles,
  { every, rate, log, observer, time = systemTime }: ScrubOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = store;
  const started = clock();
  files.forgetFuture(started);
  const due = { since: started - every, upTo: files.newest() };
  const found: Record<Problem, number> = { rotten: 0, unreadable: 0, missing: 0 };
  const read = { files: 0, bytes: 0 };
  await using threads = new HashThreads({ most: 1, failed: hashingFailed });
  const pace = new Pace(rate, time);
  for await (const step of scanFiles(store, files, { due, pace, threads, signal })) {
    if (observer !== undefined) observe(step, observer);
    if (step.is === 'read') read.bytes += step.bytes;
    else read.files++;
    if (step.is === 'damaged') found[step.problem]++;
  }
  observer?.finished();
  await new LastDone(store.folder, 'scrub').note(clock());
  if (read.files === 0) return;
  const seconds = Math.round((clock() - started) / 1000);
  log({ time: new Date(clock()).toISOString(), event: 'scrub-round', ...read, ...found, seconds });
}

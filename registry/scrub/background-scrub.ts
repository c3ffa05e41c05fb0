import { messageOf } from '../../content/error.ts';
import { HashThreads } from '../hash/hash-threads.ts';
import { LastDone } from '../jobs/last-done.ts';
import type { ScrubObserver } from '../metrics/job-metrics.ts';
import type { Log } from '../request-log.ts';
import type { ServedStore } from '../served/served-store.ts';
import { DueFiles } from './due-files.ts';
import { observe } from './observe.ts';
import { Pace, type PaceTime, systemTime } from './pace.ts';
import { type Problem, scanFiles } from './scan.ts';

export interface ScrubOptions {
  /** How long after a file was read it is read again, in milliseconds. */
  readonly every: number;
  /** Bytes per second at most. */
  readonly rate: number;
  readonly log: Log;
  readonly observer?: ScrubObserver | undefined;
  readonly time?: PaceTime | undefined;
}

export interface BackgroundScrub {
  /** Resolves when nothing is being read any more. */
  close(): Promise<void>;
}

const MINUTE = 60_000;
/** A registry that has just started has better things to do. */
const FIRST_MS = MINUTE;
/** What was pushed meanwhile is read back this often. */
const LONGEST_MS = 60 * MINUTE;

/**
 * Reads the files of a store again and again for as long as it is served: what is new soon, and everything once in a
 * while. When each file was read is in the index, so a registry that starts anew goes on where it was.
 */
export function startScrub(store: ServedStore, options: ScrubOptions): BackgroundScrub {
  const stop = new AbortController();
  const running = keepScrubbing(store, options, stop.signal);
  return {
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

async function keepScrubbing(store: ServedStore, options: ScrubOptions, signal: AbortSignal): Promise<void> {
  const { log, every, time = systemTime } = options;
  const { clock, index } = store.parts;
  const files = new DueFiles(index);
  let wait = FIRST_MS;
  for (;;) {
    await time.sleep(wait, signal).catch(() => {});
    if (signal.aborted) return;
    try {
      await scrubOnce(store, files, options, signal);
    } catch (error) {
      if (signal.aborted) return;
      log({ time: new Date(clock()).toISOString(), event: 'scrub-failed', error: messageOf(error) });
    }
    const next = (files.oldest() ?? clock()) + every;
    wait = Math.min(Math.max(next - clock(), MINUTE), LONGEST_MS);
  }
}

async function scrubOnce(
  store: ServedStore,
  files: DueFiles,
  { every, rate, log, observer, time = systemTime }: ScrubOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = store.parts;
  const started = clock();
  files.forgetFuture(started);
  const due = { since: started - every, upTo: files.newest() };
  const found: Record<Problem, number> = { rotten: 0, unreadable: 0, missing: 0 };
  const read = { files: 0, bytes: 0 };
  await using threads = new HashThreads({ most: 1 });
  const pace = new Pace(rate, time);
  for await (const step of scanFiles(store, files, { due, pace, threads, signal })) {
    if (observer !== undefined) observe(step, observer);
    if (step.is === 'read') read.bytes += step.bytes;
    else read.files++;
    if (step.is === 'damaged') found[step.problem]++;
  }
  observer?.finished();
  await new LastDone(store.parts.folder, 'scrub').note(clock());
  if (read.files === 0) return;
  const seconds = Math.round((clock() - started) / 1000);
  log({ time: new Date(clock()).toISOString(), event: 'scrub-round', ...read, ...found, seconds });
}

import { isOld } from './age.ts';
import type { MirrorState, RunSummary } from './state-file.ts';

/** How it stands with the runs of a mirror. */
export interface Health {
  /** `new`: none has ended yet. `old`: the last good run is older than it should be. */
  readonly status: 'new' | 'good' | 'failed' | 'old';
  readonly running: boolean;
  readonly last?: Pick<RunSummary, 'started' | 'ended' | 'code' | 'jobs'> | undefined;
  readonly lastGood?: string | undefined;
  readonly next?: string | undefined;
}

/** `maxAgeMs`: how long ago the last good run may have ended. */
export function healthOf(state: MirrorState, now: number, maxAgeMs: number): Health {
  const { runs, lastGood, running, next } = state;
  const [last] = runs;
  const failed = last?.code !== undefined;
  const ended = last === undefined ? 'new' : failed ? 'failed' : 'good';
  return {
    status: isOld(state, now, maxAgeMs) ? 'old' : ended,
    running: running !== undefined,
    last: last && {
      started: last.started,
      ended: last.ended,
      code: last.code,
      jobs: last.jobs.map(({ error, ...job }) => (error === undefined ? job : { ...job, error: 'failed' })),
    },
    lastGood,
    next,
  };
}

import type { Installation, JournalRun } from './installation.ts';

/** The latest run, where it did not end well: what the next one should say before it begins. */
export function unfinishedRun(found: Installation | undefined): JournalRun | undefined {
  const run = found?.history.at(-1);
  return run === undefined || run.outcome === 'done' ? undefined : run;
}

/** `install failed in component-hub: WORKLOAD_FAILED …, by root@host at 2026-…`, for people. */
export function describeRun({
  action,
  outcome,
  phase,
  by,
  startedAt,
  finishedAt,
  error,
}: JournalRun): string {
  const where = phase === undefined || outcome === 'done' ? '' : ` in ${phase}`;
  const why = error === undefined ? '' : `: ${error.code}: ${error.message}`;
  const how =
    outcome === 'running' ? 'is running, or was cut off' : outcome === 'cut-off' ? 'was cut off' : outcome;
  return `${action} ${how}${where}${why}, by ${by} at ${finishedAt ?? startedAt}`;
}

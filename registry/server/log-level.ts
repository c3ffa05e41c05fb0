import type { Log, LogRecord } from '../log.ts';

export type LogLevel = 'info' | 'warn' | 'error';

/**
 * Gives every line a time and a level, so that one search finds what an operator should look at: `error` for what is lost or
 * does not work, `warn` for what works and is not as it should be.
 */
export function leveledLog(log: Log, clock: () => number): Log {
  return (record) => {
    const { time = new Date(clock()).toISOString(), level = levelOf(record), ...rest } = record;
    log({ time, level, ...rest });
  };
}

const LEVELS: Readonly<Record<string, LogLevel>> = {
  'blob-quarantined': 'error',
  'log-cut': 'warn',
  'log-damaged': 'error',
  'log-made-anew': 'error',
  'tag-hidden': 'warn',
  'tags-hidden': 'warn',
  'hidden-tags-unknown': 'warn',
  'tls-kept': 'error',
  'users-kept': 'error',
  'users-missing': 'error',
};

function levelOf({ event, rotten, unreadable, missing }: LogRecord): LogLevel {
  const name = String(event);
  const known = Object.hasOwn(LEVELS, name) ? LEVELS[name] : undefined;
  if (known !== undefined) return known;
  if (name === 'scrub-round') return rotten || unreadable || missing ? 'error' : 'info';
  return name.endsWith('-failed') ? 'error' : 'info';
}

import { appendFileSync } from 'node:fs';
import type { Log } from '../../registry/log.ts';

/** Adds each request to a file, a line of JSON for each; keeps nothing where no file is given. */
export function requestLogFile(path: string | undefined): Log {
  if (path === undefined) return () => {};
  // A rehearsal reads it when this process is gone, however it went: nothing may wait in memory.
  return (record) => appendFileSync(path, `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

import { readFileSync } from 'node:fs';

/**
 * How many descriptors (files and connections) the process may have open; undefined where that isn't known. May be changed
 * from outside while it runs, so it is worth asking again (proc_pid_limits(5), prlimit(1)).
 */
function descriptorLimit(): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** The limit, read at most once in a second. `now` in milliseconds. */
export function followDescriptorLimit(now: () => number): () => number | undefined {
  let asked = Number.NEGATIVE_INFINITY;
  let limit: number | undefined;
  return () => {
    if (now() - asked < 1000) return limit;
    asked = now();
    limit = descriptorLimit();
    return limit;
  };
}

/** For the store, the log and whatever else is open besides connections and what they ask for. */
const OWN = 96;
/** However few there are, some clients must be served. */
const LEAST = 8;

/**
 * How many connections fit in so many descriptors: each may have a file open as well, a blob on its way in or out, and
 * those must never run out.
 */
export function connectionsWithin(descriptors: number | undefined, wanted: number): number {
  if (descriptors === undefined) return wanted;
  return Math.min(wanted, Math.max(LEAST, Math.floor((descriptors - OWN) / 2)));
}

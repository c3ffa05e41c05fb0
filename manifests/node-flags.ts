/**
 * The flags of Node wherever Skerry runs. On a large machine V8 lets many times as much pile up as is needed before it
 * looks for what nobody needs: by default a registry of 30 MB grows to 240 MB.
 */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=4', '--heap-growing-percent=30'];

/**
 * The agent's: it waits nearly all the time, and every cluster has one. Its code stays bytecode, since what compilers and
 * their threads need comes to a quarter of its memory.
 */
export const AGENT_NODE_FLAGS: readonly string[] = [
  '--max-semi-space-size=1',
  '--heap-growing-percent=30',
  '--optimize-for-size',
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  '--liftoff-only',
  '--v8-pool-size=1',
];

/** So that what C code frees goes back to the system, and no thread keeps a share of its own (mallopt(3)). */
export const AGENT_ENVIRONMENT: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '65536',
};

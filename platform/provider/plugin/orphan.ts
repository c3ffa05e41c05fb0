/** How often to look, in milliseconds. */
const LOOK_MS = 1_000;

/**
 * Calls `onOrphaned` once when the process that started this one is gone: killed, it can tell nobody, and a provider
 * that stays would hold memory and a session for ever. Gives what ends the watch.
 */
export function watchParent(parent: () => number, onOrphaned: () => void): () => void {
  const first = parent();
  const timer = setInterval(() => {
    if (parent() === first) return;
    clearInterval(timer);
    onOrphaned();
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

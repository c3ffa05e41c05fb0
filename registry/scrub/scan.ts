import { registryError } from '../errors.ts';
import { factsOf } from '../served/manifest-facts.ts';
import type { ServedStore } from '../served/served-store.ts';
import { checkFile, type FileState, stateOfFile } from './check-file.ts';
import type { Due, DueFile, DueFiles } from './due-files.ts';
import type { Pace } from './pace.ts';

/** What a scan met: bytes that were read, a file that is as it should be, or one that was taken out of service. */
export type ScanStep =
  | { readonly is: 'read'; readonly bytes: number }
  | { readonly is: 'sound'; readonly file: DueFile }
  | { readonly is: 'damaged'; readonly file: DueFile; readonly problem: Problem; readonly detail: string };

export type Problem = 'rotten' | 'unreadable' | 'missing';

export interface ScanOptions {
  readonly due: Due;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

const PAGE = 50;
/** So many files one after the other that can't be read mean that the disk is gone, and not that they are rotten. */
const MAX_UNREADABLE = 16;

/**
 * Reads files again and compares them with their digests, those first that were not read for longest. What was read
 * counts, however the scan ends. Rotten files are quarantined at once. Throws REGISTRY_DISK_FAILING.
 */
export async function* scanFiles(
  store: ServedStore,
  files: DueFiles,
  { due, pace, signal }: ScanOptions,
): AsyncGenerator<ScanStep> {
  let unreadable = 0;
  for (;;) {
    const page = files.next(due, PAGE);
    if (page.length === 0) return;
    for (const file of page) {
      signal.throwIfAborted();
      const state = yield* readFile(store, file, { pace, signal });
      unreadable = state.is === 'unreadable' ? unreadable + 1 : 0;
      if (unreadable > MAX_UNREADABLE) throw failing(store, state);
      yield await settle(store, files, file, { state, at: Math.max(store.parts.clock(), due.since) });
    }
  }
}

async function* readFile(
  { parts }: ServedStore,
  file: DueFile,
  { pace, signal }: Pick<ScanOptions, 'pace' | 'signal'>,
): AsyncGenerator<ScanStep, FileState> {
  const steps = checkFile(parts.pool.pathOf(file.digest), file, { keep: file.mediaType !== null, signal });
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
    await pace.spend(step.value, signal);
    yield { is: 'read', bytes: step.value };
  }
}

async function settle(
  store: ServedStore,
  files: DueFiles,
  file: DueFile,
  { state, at }: { state: FileState; at: number },
): Promise<ScanStep> {
  // Between reading it and now it may have been collected, or replaced by a push.
  if (state.is !== 'sound' && (await takeOut(store, file, state.detail))) {
    const problem = state.is === 'gone' ? 'missing' : state.is;
    return { is: 'damaged', file, problem, detail: state.detail };
  }
  files.mark(file.id, at);
  if (state.is === 'sound') relearn(store, file, state.bytes);
  return { is: 'sound', file };
}

// The second look is the one that counts: one bad read of a sound file must not take an image away.
async function takeOut(store: ServedStore, { digest }: DueFile, reason: string): Promise<boolean> {
  const { index, pool } = store.parts;
  return await store.quarantine(digest, reason, async () => {
    const size = index.fileSize(digest);
    if (size === undefined) return false;
    return (await stateOfFile(pool.pathOf(digest), { digest, size })).is !== 'sound';
  });
}

// A manifest that could not be read when the index was made: what it holds on to is known from now on.
function relearn({ parts }: ServedStore, { digest, mediaType, known }: DueFile, bytes: Buffer | undefined) {
  if (mediaType === null || known !== 0 || bytes === undefined) return;
  parts.index.restoreManifest(factsOf({ digest, mediaType, bytes }, digest));
}

function failing(store: ServedStore, state: FileState) {
  const detail = state.is === 'sound' ? undefined : state.detail;
  return registryError('REGISTRY_DISK_FAILING', { subject: store.name, detail });
}

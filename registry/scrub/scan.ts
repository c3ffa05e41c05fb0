import type { HashThreads } from '../../content/bytes/hash/hash-threads.ts';
import { MAX_MANIFEST_BYTES } from '../../content/manifest.ts';
import type { Manifest } from '../../content/store.ts';
import { registryError } from '../errors.ts';
import { checkFile, type FileState, stateOfFile } from '../store/check-file.ts';
import { factsOf, type ManifestFacts } from '../store/manifests/manifest-facts.ts';
import type { ServedStore } from '../store/served-store.ts';
import type { Due, DueFile, DueFiles } from './due-files.ts';
import { IndexFacts } from './index-facts.ts';
import type { Pace } from './pace.ts';

/** What a scan met: bytes that were read, a file that is as it should be, or one that was taken out of service. */
export type ScanStep =
  | { readonly is: 'read'; readonly bytes: number }
  /** `relearnt`: what the index said that the manifest holds on to was wrong, and is right now. */
  | { readonly is: 'sound'; readonly file: DueFile; readonly relearnt: boolean }
  | { readonly is: 'damaged'; readonly file: DueFile; readonly problem: Problem; readonly detail: string };

export type Problem = 'rotten' | 'unreadable' | 'missing';

export interface ScanOptions {
  readonly due: Due;
  readonly pace: Pace;
  readonly threads?: HashThreads | undefined;
  readonly signal: AbortSignal;
}

const PAGE = 500;
/** That so many bytes were read is noted in one go: each note may make the index wait for the disk. */
const NOTE_BYTES = 256 * 1024 * 1024;
/** Finding and opening a file costs as much as reading so many bytes: small files would take a processor for themselves. */
const FILE_COST = 64 * 1024;
/** So many files one after the other that can't be read mean that the disk is gone, and not that they are corrupt. */
const MAX_UNREADABLE = 16;

/**
 * Reads files again and compares them with their digests, those first that were not read for longest. What was read
 * counts, however the scan ends. Rotten files are quarantined at once. Throws REGISTRY_DISK_FAILING.
 */
export async function* scanFiles(
  store: ServedStore,
  files: DueFiles,
  options: ScanOptions,
): AsyncGenerator<ScanStep> {
  const { due, signal } = options;
  const facts = new IndexFacts(store.index.database);
  let unreadable = 0;
  for (;;) {
    const page = files.next(due, PAGE);
    if (page.length === 0) return;
    using sound = new SoundFiles(files, () => Math.max(store.clock(), due.since));
    for (const file of page) {
      signal.throwIfAborted();
      const state = yield* readFile(store, file, options);
      unreadable = state.is === 'unreadable' ? unreadable + 1 : 0;
      if (unreadable > MAX_UNREADABLE) throw failing(store, state);
      const step = await settle(store, facts, file, state);
      if (step.is === 'sound') sound.add(file);
      yield step;
    }
  }
}

/** Files that were found to be sound and of which that is not noted yet. */
class SoundFiles implements Disposable {
  readonly #files: DueFiles;
  readonly #clock: () => number;
  #ids: number[] = [];
  #bytes = 0;

  constructor(files: DueFiles, clock: () => number) {
    this.#files = files;
    this.#clock = clock;
  }

  add({ id, size }: DueFile): void {
    this.#ids.push(id);
    this.#bytes += size;
    if (this.#bytes >= NOTE_BYTES) this.#note();
  }

  [Symbol.dispose](): void {
    this.#note();
  }

  #note(): void {
    this.#files.mark(this.#ids, this.#clock());
    this.#ids = [];
    this.#bytes = 0;
  }
}

async function* readFile(
  { files }: Pick<ServedStore, 'files'>,
  file: DueFile,
  { pace, threads, signal }: ScanOptions,
): AsyncGenerator<ScanStep, FileState> {
  const path = files.pathOf(file.digest);
  // Closes the file also when the caller stops early.
  await using steps = checkFile(path, file, { keep: isManifest(file), threads, signal });
  for (;;) {
    const step = await steps.next();
    if (step.done) {
      await pace.spend(FILE_COST, signal);
      return step.value;
    }
    await pace.spend(step.value, signal);
    yield { is: 'read', bytes: step.value };
  }
}

function isManifest({ mediaType, size }: DueFile): boolean {
  return mediaType !== null && size <= MAX_MANIFEST_BYTES;
}

async function settle(
  store: ServedStore,
  facts: IndexFacts,
  file: DueFile,
  state: FileState,
): Promise<ScanStep> {
  // Between reading it and now it may have been collected, or replaced by a push.
  if (state.is !== 'sound' && (await takeOut(store, file, state.detail))) {
    const problem = state.is === 'gone' ? 'missing' : state.is;
    return { is: 'damaged', file, problem, detail: state.detail };
  }
  const relearnt = state.is === 'sound' && relearn(store, facts, file, state.bytes);
  return { is: 'sound', file, relearnt };
}

// The second look is the one that counts: one bad read of a sound file must not take an image away.
async function takeOut(store: ServedStore, { digest }: DueFile, reason: string): Promise<boolean> {
  const { index, files } = store;
  return await store.quarantine(digest, reason, async () => {
    const size = index.fileSize(digest);
    if (size === undefined) return false;
    const state = await stateOfFile(files.pathOf(digest), { digest, size });
    // The last step of collecting it was cut off: nothing refers to it.
    const isGarbage = state.is === 'gone' && !index.isLinked(digest);
    if (isGarbage) index.forgetFile(digest);
    return state.is !== 'sound' && !isGarbage;
  });
}

// The index follows from the manifests: where they differ, the manifest is right.
function relearn(
  { index }: Pick<ServedStore, 'index'>,
  indexFacts: IndexFacts,
  { id, digest, mediaType, known }: DueFile,
  bytes: Buffer | undefined,
): boolean {
  if (mediaType === null || bytes === undefined || index.fileSize(digest) === undefined) return false;
  const facts = tryFacts({ digest, mediaType, bytes });
  if (facts === undefined || indexFacts.agree(id, facts)) return false;
  index.restoreManifest(facts);
  // It may also have been unreadable when the index was made.
  return known === 1;
}

// What was taken as a manifest once, by another version perhaps, is whole all the same.
function tryFacts(manifest: Manifest): ManifestFacts | undefined {
  try {
    return factsOf(manifest, manifest.digest);
  } catch {
    return undefined;
  }
}

function failing(store: ServedStore, state: FileState) {
  const detail = state.is === 'sound' ? undefined : state.detail;
  return registryError('REGISTRY_DISK_FAILING', { subject: store.name, detail });
}

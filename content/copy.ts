import { type CopyItem, type CopyPlan, type PlannedBlob, type PlanOptions, planCopy } from './copy-plan.ts';
import { contentError } from './errors.ts';
import { mapLimited } from './limit.ts';
import type { BlobSource, CallOptions, ContentSink, Store } from './store.ts';

export interface CopyOptions extends CallOptions {
  /** Blobs under way at a time. */
  readonly width?: number | undefined;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
}

/** How far a copy is. `done` never goes backwards: bytes sent again after a broken connection count once. */
export interface CopyProgress {
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly blobsDone: number;
  readonly blobsTotal: number;
  /** What the last bytes belonged to. */
  readonly current: string;
}

export interface CopyResult {
  readonly bytesCopied: number;
  /** Bytes that the target had already. */
  readonly bytesSkipped: number;
  readonly manifests: number;
}

const DEFAULT_WIDTH = 4;

/** Copies items and all that they reach from one store to another, skipping what the target has. */
export async function copyContent(
  from: Store,
  to: ContentSink,
  items: readonly CopyItem[],
  options: CopyOptions & PlanOptions = {},
): Promise<CopyResult> {
  return await executeCopy(await planCopy(from, items, options), from, to, options);
}

/**
 * Carries out a plan: blobs first, then manifests from the bottom up, tags last, so that whatever the target shows is
 * complete at every moment. Every store checks digests before it keeps anything.
 */
export async function executeCopy(
  plan: CopyPlan,
  from: Store,
  to: ContentSink,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const tracker = new Tracker(plan, options.onProgress);
  const width = options.width ?? DEFAULT_WIDTH;
  await mapLimited(largestFirst(plan.blobs), width, (blob) => copyBlob(blob, from, to, tracker, options));
  for (const group of groupByHeight(plan)) {
    await mapLimited(group, width, async ({ repository, reference, manifest }) => {
      options.signal?.throwIfAborted();
      await to.writeManifest(repository, reference, manifest, options);
    });
  }
  return { ...tracker.result(), manifests: plan.manifests.length };
}

async function copyBlob(
  blob: PlannedBlob,
  from: Store,
  to: ContentSink,
  tracker: Tracker,
  options: CopyOptions,
) {
  const { descriptor, repositories } = blob;
  let held: string | undefined;
  const missing: string[] = [];
  for (const repository of repositories) {
    options.signal?.throwIfAborted();
    // A file that a power cut left too short is as good as none.
    if ((await to.statBlob(repository, descriptor.digest, options)) !== descriptor.size)
      missing.push(repository);
    else held ??= repository;
  }
  const count = tracker.blob(blob);
  for (const repository of missing) {
    if (held !== undefined && (await to.mountBlob(repository, descriptor, held, options))) continue;
    await to.writeBlob(repository, descriptor, readFrom(from, blob, count, options), options);
    held = repository;
  }
  count.finish();
}

function readFrom(
  from: Store,
  { descriptor, repositories }: PlannedBlob,
  count: BlobCount,
  options: CopyOptions,
): BlobSource {
  return async (offset) => {
    const [repository = ''] = repositories;
    const reader = await from.readBlob(repository, descriptor.digest, { offset, signal: options.signal });
    if (reader === undefined) {
      throw contentError('CONTENT_NOT_FOUND', {
        subject: `${repository}@${descriptor.digest}`,
        detail: from.name,
      });
    }
    return counted(reader.stream, offset, count);
  };
}

async function* counted(stream: AsyncIterable<Uint8Array>, offset: number, count: BlobCount) {
  let position = offset;
  count.reached(position, 0);
  for await (const chunk of stream) {
    yield chunk;
    position += chunk.byteLength;
    count.reached(position, chunk.byteLength);
  }
}

// A large blob that starts last would leave the others idle at the end.
function largestFirst(blobs: readonly PlannedBlob[]): PlannedBlob[] {
  return blobs.toSorted((a, b) => b.descriptor.size - a.descriptor.size);
}

function groupByHeight(plan: CopyPlan) {
  // Within a height, digests sort before tags; a tag may name what only its digest entry wrote.
  const groups = Map.groupBy(plan.manifests, ({ height }) => height);
  return [...groups.keys()].sort((a, b) => a - b).map((height) => groups.get(height) ?? []);
}

interface BlobCount {
  reached(position: number, moved: number): void;
  finish(): void;
}

class Tracker {
  readonly #onProgress: CopyOptions['onProgress'];
  readonly #blobsTotal: number;
  readonly #bytesTotal: number;
  #bytesDone = 0;
  #bytesMoved = 0;
  #bytesSkipped = 0;
  #blobsDone = 0;

  constructor(plan: CopyPlan, onProgress: CopyOptions['onProgress']) {
    this.#onProgress = onProgress;
    this.#blobsTotal = plan.blobs.length;
    this.#bytesTotal = plan.blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  }

  blob({ descriptor, repositories }: PlannedBlob): BlobCount {
    const current = `${repositories[0]}@${descriptor.digest}`;
    let farthest = 0;
    let moved = 0;
    const advance = (position: number) => {
      if (position <= farthest) return;
      this.#bytesDone += position - farthest;
      farthest = position;
      this.#report(current);
    };
    return {
      reached: (position, bytes) => {
        moved += bytes;
        advance(Math.min(position, descriptor.size));
      },
      finish: () => {
        this.#blobsDone++;
        this.#bytesMoved += moved;
        this.#bytesSkipped += Math.max(0, descriptor.size - moved);
        advance(descriptor.size);
        this.#report(current);
      },
    };
  }

  result() {
    return { bytesCopied: this.#bytesMoved, bytesSkipped: this.#bytesSkipped };
  }

  #report(current: string): void {
    this.#onProgress?.({
      bytesDone: this.#bytesDone,
      bytesTotal: this.#bytesTotal,
      blobsDone: this.#blobsDone,
      blobsTotal: this.#blobsTotal,
      current,
    });
  }
}

import type { CopyPlan, PlannedBlob } from './copy-plan.ts';

/** How far a copy is. `done` never goes backwards: bytes sent again after a broken connection count once. */
export interface CopyProgress {
  readonly bytesDone: number;
  /** Of what is planned so far; where items are planned one by one, it grows. */
  readonly bytesTotal: number;
  readonly blobsDone: number;
  readonly blobsTotal: number;
  /** What the last bytes belonged to. */
  readonly current: string;
}

/** Counts the bytes of one blob on their way. */
export interface BlobCount {
  /** `position`: how far into the blob; `moved`: bytes since it was last called. */
  reached(position: number, moved: number): void;
  finish(): void;
}

/** What a copy has moved so far. */
export class CopyCounter {
  readonly #onProgress: ((progress: CopyProgress) => void) | undefined;
  #blobsTotal = 0;
  #bytesTotal = 0;
  #bytesDone = 0;
  #bytesMoved = 0;
  #bytesSkipped = 0;
  #blobsDone = 0;

  constructor(onProgress: ((progress: CopyProgress) => void) | undefined) {
    this.#onProgress = onProgress;
  }

  get bytesCopied(): number {
    return this.#bytesMoved;
  }

  get bytesSkipped(): number {
    return this.#bytesSkipped;
  }

  add({ blobs }: Pick<CopyPlan, 'blobs'>): void {
    this.#blobsTotal += blobs.length;
    this.#bytesTotal += blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  }

  /** `onMoved` is called with the bytes of this blob that have moved. */
  blob({ descriptor, repositories }: PlannedBlob, onMoved: (bytes: number) => void = () => {}): BlobCount {
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
        this.#bytesMoved += bytes;
        onMoved(bytes);
        advance(Math.min(position, descriptor.size));
      },
      finish: () => {
        this.#blobsDone++;
        this.#bytesSkipped += Math.max(0, descriptor.size - moved);
        advance(descriptor.size);
        this.#report(current);
      },
    };
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

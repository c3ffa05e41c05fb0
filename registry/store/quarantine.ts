import type { Digest } from '../../content/digest.ts';
import { messageOf } from '../../content/error.ts';
import type { Log } from '../log.ts';
import { stateOfFile } from './check-file.ts';
import type { BlobPool } from './files/blob-pool.ts';
import type { StoreIndex } from './index/store-index.ts';
import { affectedImages, nameOfAffected } from './manifests/affected-images.ts';

export interface QuarantineOptions {
  readonly files: BlobPool;
  readonly index: StoreIndex;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly report: Log;
}

/** Takes corrupt files out of service. Their digests are missing from then on, until they are pushed again or repaired. */
export class Quarantine {
  readonly #options: QuarantineOptions;
  /** What is being looked at again. */
  readonly #rechecking = new Set<Digest>();
  /** How often the file of a digest was taken out of service. */
  readonly #takenOut = new Map<Digest, number>();

  constructor(options: QuarantineOptions) {
    this.#options = options;
  }

  /** False when `isCorrupt`, asked while the file can't be replaced, says that it is not. */
  async take(
    digest: Digest,
    reason: string,
    isCorrupt: () => Promise<boolean> = async () => true,
  ): Promise<boolean> {
    const { files, index, clock, report } = this.#options;
    const left = await files.alone(digest, async () => {
      if (index.fileSize(digest) === undefined || !(await isCorrupt())) return undefined;
      const moved = await files.quarantine(digest).then(
        () => ({}),
        (error: unknown) => ({ left: messageOf(error) }),
      );
      // When a disk can't even rename it: it is not served all the same.
      index.setFile(digest, undefined);
      this.#takenOut.set(digest, (this.#takenOut.get(digest) ?? 0) + 1);
      return moved;
    });
    if (left === undefined) return false;
    const { images, more } = await affectedImages(this.#options, digest);
    const hurts = `${images.map(nameOfAffected).join(', ')}${more ? ', …' : ''}`;
    const time = new Date(clock()).toISOString();
    report({ time, event: 'blob-quarantined', digest, reason, hurts, ...left });
    return true;
  }

  /** Looks at a file that was seen to be wrong, and takes it out of service when it still is. */
  async recheck(digest: Digest): Promise<void> {
    const { files, index } = this.#options;
    const size = index.fileSize(digest);
    if (size === undefined || this.#rechecking.has(digest)) return;
    this.#rechecking.add(digest);
    try {
      const look = async () => await stateOfFile(files.pathOf(digest), { digest, size });
      const state = await look();
      if (state.is !== 'sound')
        await this.take(digest, state.detail, async () => (await look()).is !== 'sound');
    } finally {
      this.#rechecking.delete(digest);
    }
  }

  /**
   * Runs work that brings a file and says whether it did. Between finding a file in its place and applying the line that
   * says so, a scrub may take it out of service. Then it is missing, whatever the line made of it, until it was looked at
   * while nothing else can change it.
   */
  async isKeptDuring(digest: Digest, work: () => Promise<boolean>): Promise<boolean> {
    const { files, index } = this.#options;
    const before = this.#takenOut.get(digest);
    const isDone = await work();
    const size = index.fileSize(digest);
    if (!isDone || size === undefined || this.#takenOut.get(digest) === before)
      return isDone && size !== undefined;
    index.setFile(digest, undefined);
    return await files.alone(digest, async () => {
      const { is } = await stateOfFile(files.pathOf(digest), { digest, size });
      if (is === 'sound') index.setFile(digest, size);
      return is === 'sound';
    });
  }
}

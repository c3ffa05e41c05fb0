import type { Digest } from '../../content/digest.ts';
import { messageOf } from '../../content/error.ts';
import { stateOfFile } from '../scrub/check-file.ts';
import { hurtImages, nameOfHurt } from '../scrub/hurt-images.ts';
import type { ServedStoreParts } from './served-store.ts';

/** Takes rotten files out of service. Their digests are missing from then on, until they are pushed again or repaired. */
export class Quarantine {
  readonly #parts: ServedStoreParts;
  /** What is being looked at again. */
  readonly #doubted = new Set<Digest>();
  /** How often the file of a digest was taken out of service. */
  readonly #takenOut = new Map<Digest, number>();

  constructor(parts: ServedStoreParts) {
    this.#parts = parts;
  }

  /** False when `isRotten`, asked while nobody can replace the file, says that it is not. */
  async take(
    digest: Digest,
    reason: string,
    isRotten: () => Promise<boolean> = async () => true,
  ): Promise<boolean> {
    const { pool, index, manifests, clock, report } = this.#parts;
    const left = await pool.alone(digest, async () => {
      if (index.fileSize(digest) === undefined || !(await isRotten())) return undefined;
      manifests.drop(digest);
      const moved = await pool.quarantine(digest).then(
        () => ({}),
        (error: unknown) => ({ left: messageOf(error) }),
      );
      // When a disk can't even rename it: nobody is served from it all the same.
      index.setFile(digest, undefined);
      this.#takenOut.set(digest, (this.#takenOut.get(digest) ?? 0) + 1);
      return moved;
    });
    if (left === undefined) return false;
    const { images, more } = await hurtImages(this.#parts, digest);
    const hurts = `${images.map(nameOfHurt).join(', ')}${more ? ', …' : ''}`;
    const time = new Date(clock()).toISOString();
    report({ time, event: 'blob-quarantined', digest, reason, hurts, ...left });
    return true;
  }

  /** Looks at a file that was seen to be wrong, and takes it out of service when it still is. */
  async doubt(digest: Digest): Promise<void> {
    const { pool, index } = this.#parts;
    const size = index.fileSize(digest);
    if (size === undefined || this.#doubted.has(digest)) return;
    this.#doubted.add(digest);
    try {
      const look = async () => await stateOfFile(pool.pathOf(digest), { digest, size });
      const state = await look();
      if (state.is !== 'sound')
        await this.take(digest, state.detail, async () => (await look()).is !== 'sound');
    } finally {
      this.#doubted.delete(digest);
    }
  }

  /**
   * Runs work that brings a file and says whether it did. Between finding a file in its place and applying the line that
   * says so, a scrub may take it out of service. Then it is missing, whatever the line made of it, until it was looked at
   * while nobody else can change it.
   */
  async isKeptDuring(digest: Digest, work: () => Promise<boolean>): Promise<boolean> {
    const { pool, index } = this.#parts;
    const before = this.#takenOut.get(digest);
    const isDone = await work();
    const size = index.fileSize(digest);
    if (!isDone || size === undefined || this.#takenOut.get(digest) === before)
      return isDone && size !== undefined;
    index.setFile(digest, undefined);
    return await pool.alone(digest, async () => {
      const { is } = await stateOfFile(pool.pathOf(digest), { digest, size });
      if (is === 'sound') index.setFile(digest, size);
      return is === 'sound';
    });
  }
}

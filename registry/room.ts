import { statfs } from 'node:fs/promises';
import { ProtocolError } from './protocol-error.ts';

/** What a file system says about itself, in bytes and in files (0 of 0 where it does not count them). */
export interface DiskSpace {
  /** What may still be written by who runs the registry. */
  readonly free: number;
  readonly size: number;
  readonly freeFiles: number;
  readonly files: number;
}

export interface RoomOptions {
  readonly measure: () => Promise<DiskSpace>;
  /** Bytes that pushes leave free, so that deleting and collecting garbage always work; of the disk's size when absent. */
  readonly keepFree?: number | undefined;
  /** Milliseconds since some moment. */
  readonly clock: () => number;
  /** Gives up what nobody needs; true when something was. Asked before a push is refused. */
  readonly makeRoom?: (() => Promise<boolean>) | undefined;
}

export interface RoomState extends DiskSpace {
  readonly keepFree: number;
  /** Bytes that uploads under way have still announced. */
  readonly announced: number;
  /** Why no push is taken at all, undefined when small ones are. */
  readonly refusal: string | undefined;
}

/** Room that an upload was promised, and what happened to it. */
export interface Booking extends Disposable {
  /** Aborts when the disk has got so full, by whomever, that this upload has to stop. */
  readonly signal: AbortSignal;
  /** Told of every byte that is in a file now. */
  wrote(bytes: number): void;
}

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
/** A measurement counts for this long in milliseconds … */
const FRESH_MS = 1000;
/** … and for this many bytes written by the registry itself. */
const FRESH_BYTES = 64 * MIB;
/** With fewer bytes left for pushes the disk is asked all the time. */
const NEAR_BYTES = 64 * MIB;
const MAKE_ROOM_EVERY_MS = 10_000;

/** The disk that a path lies on. */
export async function measureDisk(path: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize, ffree, files } = await statfs(path);
  return { free: bavail * bsize, size: blocks * bsize, freeFiles: ffree, files };
}

/** One percent, within what is sensible for disks of all sizes; never much of a small one. */
export function defaultKeepFree(size: number): number {
  return Math.floor(Math.min(Math.max(size / 100, 64 * MIB), GIB, size / 20));
}

/**
 * Watches how much room the disk of the store has. Every push books what it is going to write before its first byte is
 * read: what others have announced and not yet sent is theirs already.
 */
export class Room {
  readonly #options: RoomOptions;
  readonly #open = new Set<OpenBooking>();
  #disk: DiskSpace | undefined;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #measuring: Promise<void> | undefined;
  /** Bytes written since the last measurement began. */
  #written = 0;
  #roomMadeAt = Number.NEGATIVE_INFINITY;

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  /**
   * Promises room for `bytes`, or with undefined for a body of unknown length as long as there is any. Throws a
   * ProtocolError (507) when there is none; its detail says how many bytes are needed and free.
   */
  async book(bytes: number | undefined): Promise<Booking> {
    const needed = bytes ?? 0;
    // Near the edge a second is long ago: what was freed meanwhile counts.
    if (!this.#isFresh() || !this.#fits(needed + NEAR_BYTES)) await this.measure();
    if (!this.#fits(needed) && (await this.#makeRoom())) await this.measure();
    if (!this.#fits(needed)) throw this.#refusal(needed);
    const booking = new OpenBooking(bytes, {
      wrote: (written) => this.#wrote(written),
      release: (released) => this.#open.delete(released),
    });
    this.#open.add(booking);
    return booking;
  }

  /** Measures now and stops uploads for which there is no room any more. */
  async measure(): Promise<void> {
    this.#measuring ??= this.#measure().finally(() => {
      this.#measuring = undefined;
    });
    await this.#measuring;
  }

  /** As of at most a second ago; undefined where the file system tells nothing. */
  async state(): Promise<RoomState | undefined> {
    if (!this.#isFresh()) await this.measure();
    if (this.#disk === undefined) return undefined;
    const refusal = this.#fits(0) ? undefined : this.#reason(0);
    return { ...this.#disk, keepFree: this.#keepFree(), announced: this.#announced(), refusal };
  }

  /** What a push that was stopped half way is told. */
  stopped(): ProtocolError {
    return this.#refusal(undefined);
  }

  async #measure(): Promise<void> {
    const before = this.#written;
    // A file system that can't be asked says so when it is written to.
    this.#disk = await this.#options.measure().catch(() => undefined);
    this.#measuredAt = this.#options.clock();
    this.#written -= before;
    this.#stopUploads();
  }

  #isFresh(): boolean {
    return this.#options.clock() - this.#measuredAt < FRESH_MS && this.#written < FRESH_BYTES;
  }

  #wrote(bytes: number): void {
    this.#written += bytes;
    if (this.#left() > NEAR_BYTES && this.#isFresh()) return;
    // By the registry's own count: until the disk has answered, more would have been written than may be.
    if (this.#isFresh()) this.#stopUploads();
    void this.measure();
  }

  // Who announced how much is coming was promised it, unless somebody else has filled the disk meanwhile.
  #stopUploads(): void {
    if (this.#left() > 0) return;
    const full = this.#left() + this.#announced() <= 0;
    for (const booking of this.#open) if (full || booking.isOpenEnded) booking.stop();
  }

  #fits(bytes: number): boolean {
    const left = this.#left();
    return this.#hasFiles() && left > 0 && left >= bytes;
  }

  #left(): number {
    if (this.#disk === undefined) return Number.POSITIVE_INFINITY;
    return this.#disk.free - this.#written - this.#keepFree() - this.#announced();
  }

  // A disk may also run out of files (inodes).
  #hasFiles(): boolean {
    if (this.#disk === undefined || this.#disk.files === 0) return true;
    return this.#disk.freeFiles > Math.min(1000, this.#disk.files / 100);
  }

  #announced(): number {
    let sum = 0;
    for (const booking of this.#open) sum += booking.outstanding;
    return sum;
  }

  #keepFree(): number {
    return this.#options.keepFree ?? defaultKeepFree(this.#disk?.size ?? 0);
  }

  async #makeRoom(): Promise<boolean> {
    const now = this.#options.clock();
    if (this.#options.makeRoom === undefined || now - this.#roomMadeAt < MAKE_ROOM_EVERY_MS) return false;
    this.#roomMadeAt = now;
    return await this.#options.makeRoom();
  }

  #refusal(needed: number | undefined): ProtocolError {
    const free = this.#disk === undefined ? undefined : Math.max(0, this.#disk.free - this.#written);
    return new ProtocolError('INSUFFICIENT_STORAGE', {
      message: `the registry has no room left for this: ${this.#reason(needed)}`,
      detail: { needed, free, keptFree: this.#keepFree(), announced: this.#announced() },
    });
  }

  #reason(needed = 0): string {
    if (!this.#hasFiles()) return 'its disk takes no more files';
    const left = Math.max(0, Math.floor(this.#left()));
    return needed > left
      ? `${needed} bytes are needed, ${left} are left for pushes`
      : `${left} bytes are left for pushes`;
  }
}

class OpenBooking implements Booking {
  readonly isOpenEnded: boolean;
  /** Bytes announced and not yet written. */
  outstanding: number;
  readonly #stop = new AbortController();
  readonly #room: { wrote(bytes: number): void; release(booking: OpenBooking): void };

  constructor(
    announced: number | undefined,
    room: { wrote(bytes: number): void; release(booking: OpenBooking): void },
  ) {
    this.isOpenEnded = announced === undefined;
    this.outstanding = announced ?? 0;
    this.#room = room;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  wrote(bytes: number): void {
    this.outstanding = Math.max(0, this.outstanding - bytes);
    this.#room.wrote(bytes);
  }

  stop(): void {
    this.#stop.abort();
  }

  [Symbol.dispose](): void {
    this.#room.release(this);
  }
}

import type { DiskMeasure } from '../store/files/disk-measure.ts';
import { ProtocolError } from './protocol-error.ts';

export interface DiskSpaceOptions {
  readonly measure: () => Promise<DiskMeasure>;
  /** Bytes that pushes leave free, so that deleting and collecting garbage always work; of the disk's size when absent. */
  readonly keepFree?: number | undefined;
  /** Milliseconds since some moment. */
  readonly clock: () => number;
  /** Deletes what is not needed; true when there was something. Called before a push is refused. */
  readonly freeSpace?: (() => Promise<boolean>) | undefined;
}

export interface DiskSpaceState extends DiskMeasure {
  readonly keepFree: number;
  /** Bytes that uploads under way have still announced. */
  readonly announced: number;
  /** Why no push is taken at all, undefined when small ones are. */
  readonly refusal: string | undefined;
}

/** Space that was promised to an upload, until it is disposed of. */
export interface Reservation extends Disposable {
  /** Aborts when the disk has become so full, by any process, that this upload has to stop. */
  readonly signal: AbortSignal;
  /** To be called for all bytes that are in a file now. */
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
const FREE_SPACE_EVERY_MS = 10_000;

/** One percent, within what is sensible for disks of all sizes; never much of a small one. */
export function defaultKeepFree(size: number): number {
  return Math.floor(Math.min(Math.max(size / 100, 64 * MIB), GIB, size / 20));
}

/**
 * Watches how much space the disk of the store has. Every push reserves what it is going to write before its first byte
 * is read: what others have announced and not yet sent is theirs already.
 */
export class DiskSpace {
  readonly #options: DiskSpaceOptions;
  readonly #open = new Set<OpenReservation>();
  #disk: DiskMeasure | undefined;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #measuring: Promise<void> | undefined;
  /** Bytes written since the last measurement began. */
  #written = 0;
  #freedAt = Number.NEGATIVE_INFINITY;

  constructor(options: DiskSpaceOptions) {
    this.#options = options;
  }

  /**
   * Promises room for `bytes`, or with undefined for a body of unknown length as long as there is any. Throws a
   * ProtocolError (507) when there is none; its detail says how many bytes are needed and free.
   */
  async reserve(bytes: number | undefined): Promise<Reservation> {
    const needed = bytes ?? 0;
    // Near the edge a second is long ago: what was freed meanwhile counts.
    if (!this.#isFresh() || !this.#fits(needed + NEAR_BYTES)) await this.measure();
    if (!this.#fits(needed) && (await this.#freeSpace())) await this.measure();
    if (!this.#fits(needed)) throw this.#refusal(needed);
    const reservation = new OpenReservation(bytes, {
      wrote: (written) => this.#wrote(written),
      release: (released) => this.#open.delete(released),
    });
    this.#open.add(reservation);
    return reservation;
  }

  /** Measures now and stops uploads for which there is no room any more. */
  async measure(): Promise<void> {
    this.#measuring ??= this.#measure().finally(() => {
      this.#measuring = undefined;
    });
    await this.#measuring;
  }

  /** As of at most a second ago; undefined where the file system tells nothing. */
  async state(): Promise<DiskSpaceState | undefined> {
    if (!this.#isFresh()) await this.measure();
    if (this.#disk === undefined) return undefined;
    const refusal = this.#fits(0) ? undefined : this.#reason(0);
    return { ...this.#disk, keepFree: this.#keepFree(), announced: this.#announced(), refusal };
  }

  /** The error of a push that was stopped half way. */
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

  // An upload that announced its size was promised the space, unless another process has filled the disk meanwhile.
  #stopUploads(): void {
    if (this.#left() > 0) return;
    const full = this.#left() + this.#announced() <= 0;
    for (const reservation of this.#open) if (full || reservation.isOpenEnded) reservation.stop();
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
    for (const reservation of this.#open) sum += reservation.outstanding;
    return sum;
  }

  #keepFree(): number {
    return this.#options.keepFree ?? defaultKeepFree(this.#disk?.size ?? 0);
  }

  async #freeSpace(): Promise<boolean> {
    const now = this.#options.clock();
    if (this.#options.freeSpace === undefined || now - this.#freedAt < FREE_SPACE_EVERY_MS) return false;
    this.#freedAt = now;
    return await this.#options.freeSpace();
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

class OpenReservation implements Reservation {
  readonly isOpenEnded: boolean;
  /** Bytes announced and not yet written. */
  outstanding: number;
  readonly #stop = new AbortController();
  readonly #space: { wrote(bytes: number): void; release(reservation: OpenReservation): void };

  constructor(
    announced: number | undefined,
    space: { wrote(bytes: number): void; release(reservation: OpenReservation): void },
  ) {
    this.isOpenEnded = announced === undefined;
    this.outstanding = announced ?? 0;
    this.#space = space;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  wrote(bytes: number): void {
    this.outstanding = Math.max(0, this.outstanding - bytes);
    this.#space.wrote(bytes);
  }

  stop(): void {
    this.#stop.abort();
  }

  [Symbol.dispose](): void {
    this.#space.release(this);
  }
}

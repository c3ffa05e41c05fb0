import type { Algorithm, Digest } from '../../digest.ts';
import { toDigest } from '../../digest.ts';
import type { HashReply } from './hash-order.ts';
import type { HashThread } from './hash-threads.ts';

/** Bytes after which the thread is told that there are more. */
const STEP = 1024 * 1024;
/** Bytes that the thread may lag behind: what it has not read by then could leave the kernel's cache. */
const MOST_BEHIND = 64 * 1024 * 1024;

/** The hash of a growing file, or of what grows in it from some place on, computed by another thread that reads what is in the file already. */
export class FollowingHash {
  readonly #id: number;
  readonly #path: string;
  readonly #start: number;
  readonly #algorithm: Algorithm;
  readonly #thread: HashThread;
  #told = 0;
  #covered = 0;
  #error: Error | undefined;
  #catchUp: PromiseWithResolvers<void> | undefined;
  #answer: PromiseWithResolvers<string> | undefined;

  constructor({
    id,
    path,
    start,
    algorithm,
    thread,
  }: {
    readonly id: number;
    readonly path: string;
    readonly start: number;
    readonly algorithm: Algorithm;
    readonly thread: HashThread;
  }) {
    this.#id = id;
    this.#path = path;
    this.#start = start;
    this.#algorithm = algorithm;
    this.#thread = thread;
  }

  /**
   * There are `size` bytes that count by now. A promise when the thread lags behind too far: no more should be
   * written before it settles.
   */
  wrote(size: number): Promise<void> | undefined {
    if (this.#error !== undefined) return undefined;
    if (size - this.#told >= STEP) {
      this.#order('follow', size);
      this.#told = size;
    }
    if (this.#told - this.#covered <= MOST_BEHIND) return undefined;
    this.#catchUp ??= Promise.withResolvers();
    return this.#thread.waitFor(this.#catchUp.promise);
  }

  /** The digest of the first `size` bytes, which are all there. Throws HASHING_FAILED, or what the threads were told to. */
  async digest(size: number): Promise<Digest> {
    if (this.#error !== undefined) throw this.#error;
    this.#answer = Promise.withResolvers();
    this.#order('digest', size);
    return toDigest(this.#algorithm, await this.#thread.waitFor(this.#answer.promise));
  }

  /** Nobody will ask any more. */
  forget(): void {
    if (this.#error === undefined) this.#thread.order({ kind: 'forget', id: this.#id });
    this.#error ??= new Error('the hash was forgotten');
    this.#catchUp?.resolve();
    // Somebody may be waiting for it while another found out that it is of no use any more.
    this.#answer?.reject(this.#error);
  }

  take({ covered, digest }: HashReply): void {
    this.#covered = covered;
    if (this.#told - covered <= MOST_BEHIND / 2) {
      this.#catchUp?.resolve();
      this.#catchUp = undefined;
    }
    if (digest !== undefined) this.#answer?.resolve(digest);
  }

  /** The thread can't go on. */
  fail(error: Error): void {
    this.#error ??= error;
    // Who writes needn't wait any longer; the end is where it is said.
    this.#catchUp?.resolve();
    this.#answer?.reject(error);
  }

  #order(kind: 'follow' | 'digest', to: number): void {
    const [path, start, algorithm] = [this.#path, this.#start, this.#algorithm];
    this.#thread.order({ kind, id: this.#id, algorithm, path, start, to });
  }
}

import { Worker } from 'node:worker_threads';
import type { Algorithm } from '../../digest.ts';
import { messageOf } from '../../error.ts';
import { contentError } from '../../errors.ts';
import { FollowingHash } from './following-hash.ts';
import type { HashOrder, HashReply } from './hash-order.ts';

/** The worker's code where everything is built into one file; scripts/build.ts puts it here. */
declare const HASH_WORKER: string | undefined;

export interface HashThreadsOptions {
  /** At most so many threads. The one that receives can hardly keep more than a few busy. */
  readonly most: number;
  readonly startWorker?: (() => Worker) | undefined;
  /** The error for what a thread said that it could not go on for; HASHING_FAILED when absent. */
  readonly failed?: ((detail: string) => Error) | undefined;
}

/** A few threads that hash what is written, so that receiving and hashing go on at once. Started when first needed. */
export class HashThreads implements AsyncDisposable {
  readonly most: number;
  readonly #startWorker: () => Worker;
  readonly #failed: (detail: string) => Error;
  readonly #threads = new Set<HashThread>();
  #lastId = 0;

  constructor({ most, startWorker = startHashWorker, failed = hashingFailed }: HashThreadsOptions) {
    this.most = most;
    this.#startWorker = startWorker;
    this.#failed = failed;
  }

  /** Hashes the file at `path` from a byte on, while it grows, on the thread that has the fewest others. */
  follow(path: string, algorithm: Algorithm, start = 0): FollowingHash {
    const thread = this.#threads.size < this.most ? this.#start() : this.#idlest();
    const id = ++this.#lastId;
    const hash = new FollowingHash({ id, path, start, algorithm, thread });
    thread.followers.set(id, hash);
    return hash;
  }

  /** Ends all threads; who still waits for a hash is told that there will be none. */
  async close(): Promise<void> {
    await Promise.all([...this.#threads].map((thread) => thread.worker.terminate()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #start(): HashThread {
    const idle = [...this.#threads].find(({ followers }) => followers.size === 0);
    if (idle !== undefined) return idle;
    const thread = new HashThread(this.#startWorker(), this.#failed, () => this.#threads.delete(thread));
    this.#threads.add(thread);
    return thread;
  }

  #idlest(): HashThread {
    const [first] = [...this.#threads].toSorted((a, b) => a.followers.size - b.followers.size);
    return first ?? this.#start();
  }
}

/** One worker, and the hashes that it works on. */
export class HashThread {
  readonly worker: Worker;
  readonly followers = new Map<number, FollowingHash>();
  readonly #failed: (detail: string) => Error;
  #waiting = 0;

  constructor(worker: Worker, failed: (detail: string) => Error, onEnd: () => void) {
    this.worker = worker;
    this.#failed = failed;
    const fail = (detail: string) => {
      onEnd();
      const error = failed(detail);
      for (const follower of this.followers.values()) follower.fail(error);
      this.followers.clear();
    };
    worker.unref();
    worker.on('message', (reply: HashReply) => this.#take(reply));
    worker.on('error', (error) => fail(messageOf(error)));
    worker.on('exit', () => fail('the thread has ended'));
  }

  order(order: HashOrder): void {
    this.worker.postMessage(order);
    if (order.kind === 'forget') this.followers.delete(order.id);
  }

  /** Keeps the process alive until the thread has answered; at other times it is nobody's reason to stay. */
  async waitFor<T>(answer: Promise<T>): Promise<T> {
    if (this.#waiting++ === 0) this.worker.ref();
    try {
      return await answer;
    } finally {
      if (--this.#waiting === 0) this.worker.unref();
    }
  }

  #take(reply: HashReply): void {
    const follower = this.followers.get(reply.id);
    if (reply.error === undefined) {
      follower?.take(reply);
    } else {
      this.followers.delete(reply.id);
      follower?.fail(this.#failed(reply.error));
    }
  }
}

function hashingFailed(detail: string) {
  return contentError('HASHING_FAILED', { subject: 'a file', detail });
}

/** It has hardly a heap: what it reads goes into memory of its own that it keeps. */
const LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 };

function startHashWorker(): Worker {
  const built = typeof HASH_WORKER === 'undefined' ? undefined : HASH_WORKER;
  const options = { name: 'hash', resourceLimits: LIMITS, execArgv: [] };
  return built === undefined
    ? new Worker(new URL('./hash-worker.ts', import.meta.url), options)
    : new Worker(built, { ...options, eval: true });
}

import { Worker } from 'node:worker_threads';
import type { BcryptOrder, BcryptReply } from './bcrypt-worker.ts';

/** The worker's code where everything is built into one file; scripts/build.ts puts it here. */
declare const BCRYPT_WORKER: string | undefined;

/**
 * A thread that compares passwords with bcrypt hashes: a comparison takes a tenth of a second and more, in which the
 * thread that serves everyone could do nothing else. Started when first needed.
 */
export class BcryptThread {
  readonly #startWorker: () => Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<boolean>>();
  #worker: Worker | undefined;
  #lastId = 0;

  constructor(startWorker: () => Worker = startBcryptWorker) {
    this.#startWorker = startWorker;
  }

  /** True when the password has this hash. Rejects when the thread dies; the next comparison starts another. */
  async compare(password: string, hash: string): Promise<boolean> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const order: BcryptOrder = { id: ++this.#lastId, password, hash };
    const answer = Promise.withResolvers<boolean>();
    this.#waiting.set(order.id, answer);
    // It keeps the process alive only while a comparison is awaited.
    worker.ref();
    worker.postMessage(order);
    try {
      return await answer.promise;
    } finally {
      this.#waiting.delete(order.id);
      if (this.#waiting.size === 0) worker.unref();
    }
  }

  #start(): Worker {
    const worker = this.#startWorker();
    const fail = (error: Error) => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(error);
    };
    worker.on('message', ({ id, right }: BcryptReply) => this.#waiting.get(id)?.resolve(right));
    worker.on('error', fail);
    worker.on('exit', () => fail(new Error('the thread that checks passwords has ended')));
    return worker;
  }
}

const LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 32 };

function startBcryptWorker(): Worker {
  const built = typeof BCRYPT_WORKER === 'undefined' ? undefined : BCRYPT_WORKER;
  const options = { name: 'bcrypt', resourceLimits: LIMITS, execArgv: [] };
  return built === undefined
    ? new Worker(new URL('./bcrypt-worker.ts', import.meta.url), options)
    : new Worker(built, { ...options, eval: true });
}

/** The thread that compares passwords with bcrypt hashes. Runs as a worker. */
import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';

/** What the thread is asked. */
export interface BcryptOrder {
  readonly id: number;
  readonly password: string;
  readonly hash: string;
}

/** What it answers. */
export interface BcryptReply {
  readonly id: number;
  readonly right: boolean;
}

parentPort?.on('message', ({ id, password, hash }: BcryptOrder) => {
  parentPort?.postMessage({ id, right: compareSync(password, hash) } satisfies BcryptReply);
});

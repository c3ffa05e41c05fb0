/** The thread that compares passwords with bcrypt hashes. Runs as a worker. */
import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';
import type { BcryptOrder, BcryptReply } from './bcrypt-order.ts';

parentPort?.on('message', ({ id, password, hash }: BcryptOrder) => {
  parentPort?.postMessage({ id, right: compareSync(password, hash) } satisfies BcryptReply);
});

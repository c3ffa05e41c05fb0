/** The thread that hashes files while others still write at their ends. Runs as a worker. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { HashOrder, HashReply } from './hash-order.ts';

type Wanted = Exclude<HashOrder, { readonly kind: 'forget' }>;

interface Followed {
  readonly state: Hash;
  covered: number;
}

const followed = new Map<number, Followed>();
/** Read into over and over: small enough to stay in a processor's own cache until it is hashed. */
const memory = Buffer.allocUnsafeSlow(256 * 1024);

parentPort?.on('message', (order: HashOrder) => {
  if (order.kind === 'forget') followed.delete(order.id);
  else parentPort?.postMessage(carryOut(order));
});

function carryOut(order: Wanted): HashReply {
  const { id, kind, algorithm } = order;
  const file = followed.get(id) ?? { state: createHash(algorithm), covered: 0 };
  followed.set(id, file);
  try {
    readOn(file, order);
    // Copied: more may be added, when the digest was asked for by mistake.
    const digest = kind === 'digest' ? file.state.copy().digest('hex') : undefined;
    return { id, covered: file.covered, digest };
  } catch (error) {
    followed.delete(id);
    return { id, covered: file.covered, error: error instanceof Error ? error.message : String(error) };
  }
}

// Opened anew each time: an upload may rest for days, and thousands of them would hold as many files open.
function readOn(file: Followed, { path, start, to }: Wanted): void {
  if (file.covered > to) throw new Error(`${file.covered} bytes are hashed already, not ${to}`);
  if (file.covered === to) return;
  const descriptor = openSync(path, 'r');
  try {
    while (file.covered < to) {
      const length = Math.min(memory.byteLength, to - file.covered);
      const read = readSync(descriptor, memory, 0, length, start + file.covered);
      if (read === 0) throw new Error(`the file ends at ${start + file.covered} bytes, before ${start + to}`);
      file.state.update(memory.subarray(0, read));
      file.covered += read;
    }
  } finally {
    closeSync(descriptor);
  }
}

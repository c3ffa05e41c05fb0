import { createHash, randomFillSync } from 'node:crypto';
import type { Digest } from '../../../content/digest.ts';

/** A blob that was never there before, in pieces; all of it but the beginning is the same memory over and over. */
export interface Noise {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly pieces: readonly Uint8Array[];
}

const BLOCK = 16 * 1024 * 1024;
let block: Buffer | undefined;

/** Makes `size` bytes in pieces of at most `piece` bytes: 1 MiB, or what a client copies with (32 KiB in Go). */
export function makeNoise(size: number, piece = 1024 * 1024): Noise {
  block ??= randomFillSync(Buffer.allocUnsafeSlow(BLOCK));
  const first = randomFillSync(Buffer.allocUnsafeSlow(Math.min(size, piece)));
  const pieces: Uint8Array[] = [first];
  for (let done = first.byteLength; done < size; ) {
    const start = done % BLOCK;
    const length = Math.min(piece, size - done, BLOCK - start);
    pieces.push(block.subarray(start, start + length));
    done += length;
  }
  const hash = createHash('sha256');
  for (const each of pieces) hash.update(each);
  return { digest: `sha256:${hash.digest('hex')}`, size, pieces };
}

import type { OnReadOpts, Socket } from 'node:net';
import { filled, takeChunk } from '../bytes/chunk-memory.ts';

/**
 * Has a socket read into memory that is used again (`onread` of net.connect and tls.connect); otherwise it allocates
 * 64 KiB for each of its reads. What came is pushed into the stream as it always is.
 */
export const chunkedReads: OnReadOpts = {
  buffer: takeChunk,
  callback(this: Socket, bytes: number, chunk: Buffer<ArrayBuffer>): boolean {
    return this.push(filled(chunk, bytes));
  },
};

import { createCipheriv, createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { BLOCK_BYTES, formatHeader, paddedSize } from '../../bundle/file/tar-header.ts';
import type { Digest } from '../../content/digest.ts';

export interface Layer {
  readonly digest: Digest;
  /** Of the tar inside the gzip, as an image's config names it. */
  readonly diffId: Digest;
  /** Bytes. */
  readonly size: number;
}

const PIECE = 1024 * 1024;

/**
 * Writes a layer of about `bytes` to a file: a gzip of a tar with one file in it. The same name and size give the same
 * bytes, and nothing can make them smaller.
 */
export async function writeLayer(
  path: string,
  name: string,
  bytes: number,
  signal: AbortSignal,
): Promise<Layer> {
  const inner = createHash('sha256');
  const outer = createHash('sha256');
  let size = 0;
  await pipeline(
    Readable.from(tarWith(name, bytes)),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        inner.update(chunk);
        yield chunk;
      }
    },
    // Level 0 stores what it is given: the bytes can't be packed anyway.
    createGzip({ level: 0, chunkSize: PIECE }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        outer.update(chunk);
        size += chunk.byteLength;
        yield chunk;
      }
    },
    createWriteStream(path),
    { signal },
  );
  return { digest: `sha256:${outer.digest('hex')}`, diffId: `sha256:${inner.digest('hex')}`, size };
}

function* tarWith(name: string, bytes: number): Generator<Buffer> {
  yield formatHeader(name, bytes);
  yield* noise(name, bytes);
  yield Buffer.alloc(paddedSize(bytes) - bytes + 2 * BLOCK_BYTES);
}

// The key stream of a cipher: as good as random, and the same every time.
function* noise(seed: string, bytes: number): Generator<Buffer> {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(PIECE);
  for (let left = bytes; left > 0; left -= PIECE)
    yield cipher.update(zeros.subarray(0, Math.min(left, PIECE)));
}

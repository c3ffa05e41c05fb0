import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Digest, digestOf } from '../../content/digest.ts';
import { imageError } from './errors.ts';

const MAX_CHUNK = 256 * 1024;

/** The bytes of one file in an image, read anew each time they are wanted. */
export interface FileContent {
  /** In bytes. */
  readonly size: number;
  readonly digest: Digest;
  /** Where the bytes lie on this machine, if they are a file's. */
  readonly location?: string;
  read(): AsyncIterable<Uint8Array>;
}

export function contentOfBytes(bytes: Uint8Array | string): FileContent {
  const buffer = Buffer.from(bytes);
  return {
    size: buffer.byteLength,
    digest: digestOf(buffer),
    async *read() {
      if (buffer.byteLength > 0) yield buffer;
    },
  };
}

/** The content of a file on disk. Throws IMAGE_INPUT_MISSING. */
export async function contentOfFile(path: string, name = path): Promise<FileContent> {
  const { size } = await stat(path).catch((cause) => {
    throw imageError('IMAGE_INPUT_MISSING', { subject: name, cause });
  });
  const read = () => createReadStream(path, { highWaterMark: Math.min(Math.max(size, 1), MAX_CHUNK) });
  const hash = createHash('sha256');
  for await (const chunk of read()) hash.update(chunk);
  return { size, digest: `sha256:${hash.digest('hex')}`, location: path, read };
}

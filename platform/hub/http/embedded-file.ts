import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

const decompress = promisify(brotliDecompress);

/** A file that a browser loads, as the program carries it. */
export interface EmbeddedFile {
  /** Below the address that it is served at. */
  readonly path: string;
  /** Compressed (RFC 7932). */
  readonly brotli: Uint8Array;
}

/** Files by their paths. */
export type ReadFiles = () => Promise<ReadonlyMap<string, EmbeddedFile>>;

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
};

/** Files as one text, for the build to put into the program. */
export function packFiles(files: readonly EmbeddedFile[]): string {
  return JSON.stringify(files.map(({ path, brotli }) => [path, Buffer.from(brotli).toString('base64')]));
}

export function unpackFiles(text: string): EmbeddedFile[] {
  const packed: readonly (readonly [string, string])[] = JSON.parse(text);
  return packed.map(([path, base64]) => ({ path, brotli: Buffer.from(base64, 'base64') }));
}

/** Reads files at the first call, for all calls; where that fails, the next call tries again. */
export function readOnce(read: ReadFiles): ReadFiles {
  let reading: ReturnType<ReadFiles> | undefined;
  return async () => {
    reading ??= read();
    return await reading.catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
  };
}

/** Answers with a file, compressed where the browser takes that. */
export async function sendFile(
  { headers }: Pick<FastifyRequest, 'headers'>,
  reply: FastifyReply,
  { path, brotli }: EmbeddedFile,
): Promise<FastifyReply> {
  reply.type(TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'text/plain; charset=utf-8');
  reply.header('vary', 'accept-encoding');
  if (!takesBrotli(headers['accept-encoding'])) return await reply.send(await decompress(brotli));
  return await reply.header('content-encoding', 'br').send(Buffer.from(brotli));
}

// RFC 9110, 12.5.3: a weight of 0 is a no.
function takesBrotli(accepted: string | string[] | undefined): boolean {
  return String(accepted ?? '')
    .split(',')
    .some((coding) => /^\s*br\s*(;\s*q=(?!0(\.0*)?\s*$)|$)/.test(coding));
}

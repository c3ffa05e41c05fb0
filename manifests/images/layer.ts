import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { z } from 'zod';
import { DigestSchema } from '../../content/descriptor.ts';
import { type Digest, digestOf, hexOf } from '../../content/digest.ts';
import type { BlobSource } from '../../content/store.ts';
import type { FileEntry, FileTree } from './file-tree.ts';
import { tarStream } from './tar-stream.ts';

/** A layer as it travels: a gzipped tar in the cache of this machine. */
export interface Layer {
  readonly name: string;
  /** Of the gzipped bytes. */
  readonly digest: Digest;
  /** In bytes, gzipped. */
  readonly size: number;
  /** Digest of the tar itself (image-spec, config.md#layer-diffid). */
  readonly diffId: Digest;
  /** In bytes, unpacked as tar. */
  readonly unpackedSize: number;
  /** True when it was found in the cache. */
  readonly cached: boolean;
  readonly source: BlobSource;
}

/** A level that is never changed: another one would give the same files another digest. */
const GZIP_LEVEL = 6;

/** Makes the layer of a tree, or finds the one that was made of an equal tree before. */
export async function makeLayer(
  name: string,
  tree: FileTree,
  cache: string,
  signal?: AbortSignal,
): Promise<Layer> {
  const entries = tree.entries();
  const key = hexOf(digestOf(JSON.stringify([GZIP_LEVEL, process.versions.zlib, entries.map(keyOf)])));
  const known = await readCached(cache, key);
  const facts = known ?? (await writeCached(cache, key, entries, signal));
  const path = blobPath(cache, facts.digest);
  return {
    name,
    ...facts,
    cached: known !== undefined,
    source: async (offset) => createReadStream(path, { start: offset }),
  };
}

const Facts = z.strictObject({
  digest: DigestSchema,
  size: z.int(),
  diffId: DigestSchema,
  unpackedSize: z.int(),
});
type Facts = z.infer<typeof Facts>;

function keyOf(entry: FileEntry): unknown[] {
  const { path, type, uid, gid } = entry;
  if (entry.type === 'symlink') return [path, type, uid, gid, entry.target];
  return [path, type, uid, gid, entry.mode, entry.type === 'file' ? entry.content.digest : ''];
}

async function readCached(cache: string, key: string): Promise<Facts | undefined> {
  try {
    const facts = Facts.parse(JSON.parse(await readFile(join(cache, `${key}.json`), 'utf8')));
    const { size } = await stat(blobPath(cache, facts.digest));
    return size === facts.size ? facts : undefined;
  } catch {
    // Absent, cut off or of another version of this program: it is made again.
    return undefined;
  }
}

/** Writes beside the place and moves whole files there: a cache that is cut off holds nothing half. */
async function writeCached(
  cache: string,
  key: string,
  entries: readonly FileEntry[],
  signal: AbortSignal | undefined,
): Promise<Facts> {
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, '.layer-'));
  try {
    const blob = join(folder, 'blob');
    const facts = await compress(entries, blob, signal);
    await rename(blob, blobPath(cache, facts.digest));
    await writeFile(join(folder, 'facts'), JSON.stringify(facts));
    await rename(join(folder, 'facts'), join(cache, `${key}.json`));
    return facts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compress(
  entries: readonly FileEntry[],
  path: string,
  signal: AbortSignal | undefined,
): Promise<Facts> {
  const unpacked = new Counter();
  const packed = new Counter();
  await pipeline(
    Readable.from(tarStream(entries), { objectMode: true }),
    (chunks: AsyncIterable<Uint8Array>) => unpacked.count(chunks),
    createGzip({ level: GZIP_LEVEL, chunkSize: 256 * 1024 }),
    (chunks: AsyncIterable<Uint8Array>) => packed.count(chunks),
    createWriteStream(path),
    signal === undefined ? {} : { signal },
  );
  return {
    digest: packed.digest(),
    size: packed.size,
    diffId: unpacked.digest(),
    unpackedSize: unpacked.size,
  };
}

class Counter {
  readonly #hash = createHash('sha256');
  size = 0;

  async *count(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.#hash.update(chunk);
      this.size += chunk.byteLength;
      yield chunk;
    }
  }

  digest(): Digest {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}

function blobPath(cache: string, digest: Digest): string {
  return join(cache, `${hexOf(digest)}.tar.gz`);
}

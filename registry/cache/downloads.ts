import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../content/digest.ts';
import { messageOf } from '../../content/error.ts';
import { contentError } from '../../content/errors.ts';
import type { BlobReader } from '../../content/store.ts';
import type { Log } from '../log.ts';
import type { ServedStore } from '../store/served-store.ts';
import type { CacheSpace } from './cache-space.ts';
import { Download } from './download.ts';

export interface DownloadsOptions {
  /** On the file system of the store, so that what is whole is renamed and not copied. */
  readonly folder: string;
  readonly store: ServedStore;
  readonly space: CacheSpace;
  readonly log: Log;
  /** Hears of bytes that came over the line. */
  readonly onBytes: (bytes: number) => void;
}

interface Running {
  readonly download: Download;
  /** For whom it will be kept. */
  readonly repositories: Set<string>;
  /** Resolves when the blob is kept, or is not. */
  readonly kept: Promise<void>;
}

/** Opens a blob at its source, to be read to its end; undefined when it is not there. */
export type OpenBlob = (signal: AbortSignal) => Promise<BlobReader | undefined>;

/** Blobs on their way into the cache, each of them once however many ask for it. A client that goes does not end one. */
export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #running = new Map<Digest, Promise<Running | undefined>>();
  readonly #stop = new AbortController();

  private constructor(options: DownloadsOptions) {
    this.#options = options;
  }

  /** What an earlier process left unfinished is removed. */
  static async open(options: DownloadsOptions): Promise<Downloads> {
    const { folder } = options;
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) await rm(join(folder, name), { force: true });
    return new Downloads(options);
  }

  /**
   * The part of a blob from `offset` to before `end`, while it comes and is kept for the repository; undefined where there
   * is no room for it, so that it has to be sent past the cache.
   */
  async read(
    { repository, digest, size }: { repository: string; digest: Digest; size: number },
    { offset, end }: { offset: number; end: number },
    open: OpenBlob,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const begun =
      this.#running.get(digest) ?? this.#begin(digest, () => this.#start(repository, digest, size, open));
    const running = await begun;
    if (running === undefined) return undefined;
    running.repositories.add(repository);
    return this.#follow(running, repository, offset, end);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled([...this.#running.values()].map(async (one) => await (await one)?.kept));
  }

  #begin(digest: Digest, start: () => Promise<Running | undefined>): Promise<Running | undefined> {
    const begun = start();
    this.#running.set(digest, begun);
    const end = () => this.#running.delete(digest);
    begun.then(async (running) => await running?.kept).then(end, end);
    return begun;
  }

  async #start(
    repository: string,
    digest: Digest,
    size: number,
    open: OpenBlob,
  ): Promise<Running | undefined> {
    const { folder, space } = this.#options;
    const room = await space.reserve(size);
    if (room === undefined) return undefined;
    try {
      const download = await Download.open(digest, size, join(folder, randomUUID()));
      const repositories = new Set([repository]);
      const kept = this.#run(download, repositories, open).finally(() => room.release());
      return { download, repositories, kept };
    } catch (error) {
      room.release();
      throw error;
    }
  }

  /** Never throws: readers of the download hear what went wrong. */
  async #run(download: Download, repositories: ReadonlySet<string>, open: OpenBlob): Promise<void> {
    const { store, log, onBytes } = this.#options;
    const { digest, size, path } = download;
    const { signal } = this.#stop;
    try {
      await download.receive(async () => {
        const reader = await open(signal);
        if (reader === undefined) throw contentError('CONTENT_NOT_FOUND', { subject: digest });
        return counted(reader.stream, onBytes);
      });
      const [first = '', ...others] = repositories;
      await store.adoptBlob(first, digest, path);
      for (const repository of others)
        await store.mountBlob(repository, { digest, size, mediaType: OCTETS }, first);
      log({ event: 'cached', digest, bytes: size });
    } catch (error) {
      if (!signal.aborted) log({ level: 'warn', event: 'not-cached', digest, error: messageOf(error) });
    } finally {
      await rm(path, { force: true }).catch(() => {});
    }
  }

  async *#follow({ download, kept }: Running, repository: string, offset: number, end: number) {
    if (!download.isOver) return yield* download.read(offset, end);
    await kept;
    const { store } = this.#options;
    const reader = await store.readBlob(repository, download.digest, { offset, length: end - offset });
    if (reader === undefined) throw new Error(`${download.digest} came and was not kept`);
    yield* reader.stream;
  }
}

const OCTETS = 'application/octet-stream';

async function* counted(
  stream: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    onBytes(chunk.byteLength);
    yield chunk;
  }
}

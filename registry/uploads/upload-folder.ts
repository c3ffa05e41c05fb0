import { createHash, randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { HashThreads } from '../../content/bytes/hash/hash-threads.ts';
import { messageOf } from '../../content/error.ts';
import { registryError } from '../errors.ts';
import { Upload } from './upload.ts';
import { hashingFailed } from './upload-hash.ts';

/**
 * Blobs on their way in: one file each, named by the upload's id and a hash of its repository, so that a session is
 * found again after a restart and never from another repository. No byte of a request becomes part of a path.
 */
export class UploadFolder {
  readonly #folder: string;
  /** Uploads that were touched lately, with the state of their hash; what is not here is hashed again from its file. */
  readonly #live = new Map<string, Upload>();
  readonly #threads = new HashThreads({
    most: Math.max(1, Math.min(MOST_THREADS, availableParallelism() - 1)),
    failed: hashingFailed,
  });

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Throws REGISTRY_UPLOADS_UNUSABLE. */
  static async open(folder: string): Promise<UploadFolder> {
    try {
      await mkdir(folder, { recursive: true });
      const probe = join(folder, `${randomUUID()}.probe`);
      await (await open(probe, 'wx')).close();
      await rm(probe);
    } catch (cause) {
      throw registryError('REGISTRY_UPLOADS_UNUSABLE', { subject: folder, detail: messageOf(cause), cause });
    }
    return new UploadFolder(folder);
  }

  async begin(repository: string): Promise<Upload> {
    const id = randomUUID();
    const path = this.#pathOf(repository, id);
    await (await open(path, 'wx')).close();
    return this.#keep(path, new Upload({ id, path, size: 0, threads: this.#threads }));
  }

  /**
   * The upload of this id in this repository, or undefined. Its id has passed the grammar of the router. Nothing is
   * awaited here, nor may be by the caller before its turn begins: two requests that each had an Upload of their own on
   * one file would not exclude each other, and one could write into what the other has had hashed.
   */
  find(repository: string, id: string): Upload | undefined {
    const path = this.#pathOf(repository, id);
    const live = this.#live.get(path);
    if (live !== undefined) return live;
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    return size === undefined
      ? undefined
      : this.#keep(path, new Upload({ id, path, size, threads: this.#threads }));
  }

  /** After an upload was kept as a blob or cancelled; its file goes if it is still there. */
  async forget(upload: Upload): Promise<void> {
    this.#release(upload.path);
    upload.forgetHash();
    await rm(upload.path, { force: true });
  }

  /** Ends the threads that hash; what is whole by then stays, and the rest can be resumed after a restart. */
  async close(): Promise<void> {
    await this.#threads.close();
  }

  /** Uploads that are under way or were left unfinished. */
  async count(): Promise<number> {
    return (await readdir(this.#folder)).length;
  }

  /** Removes what has not grown since `before` (milliseconds since 1970); the number of uploads removed. */
  async sweep(before: number): Promise<number> {
    let removed = 0;
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      const stats = await stat(path).catch(() => undefined);
      if (stats === undefined || stats.mtimeMs >= before || this.#live.get(path)?.busy) continue;
      this.#release(path);
      await rm(path, { force: true });
      removed++;
    }
    return removed;
  }

  #keep(path: string, upload: Upload): Upload {
    const idle = this.#live.size < MAX_LIVE ? undefined : [...this.#live].find(([, { busy }]) => !busy);
    if (idle !== undefined) this.#release(idle[0]);
    this.#live.set(path, upload);
    return upload;
  }

  #release(path: string): void {
    this.#live.get(path)?.forgetHash();
    this.#live.delete(path);
  }

  #pathOf(repository: string, id: string): string {
    const key = createHash('sha256').update(repository).digest('hex').slice(0, 32);
    return join(this.#folder, `${id}.${key}`);
  }
}

const MAX_LIVE = 4096;
/** Threads that hash: what one thread receives, so many can hash even where processors have no instructions for it. */
const MOST_THREADS = 3;

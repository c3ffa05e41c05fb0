import { constants } from 'node:fs';
import { access, mkdir, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import {
  fileSize,
  hasCode,
  moveIntoPlace,
  receiveBlobFile,
  replaceFile,
  syncFolder,
} from '../../../content/bytes/blob-file.ts';
import type { Descriptor } from '../../../content/descriptor.ts';
import { algorithmOf, type Digest, hexOf, isDigest } from '../../../content/digest.ts';
import { KeyedMutex } from '../../../content/keyed-mutex.ts';
import type { BlobSource, CallOptions } from '../../../content/store.ts';
import type { BlobFiles, IsHere } from './blob-files.ts';
import { TEMPORARY_FOLDER } from './store-folder.ts';

const QUARANTINE = 'quarantine';

/**
 * The files of a store: every blob and manifest once, under its digest, as in an OCI image layout. A file gets its name
 * when all its bytes are on the disk, so what has a name is whole.
 */
export class BlobPool implements BlobFiles {
  readonly folder: string;
  readonly #locks = new KeyedMutex();
  readonly #onGone: (digest: Digest) => void;

  /** `onGone` hears of each file that is about to be taken away, and may drop what it has in memory of it. */
  constructor(folder: string, onGone: (digest: Digest) => void = () => {}) {
    this.folder = folder;
    this.#onGone = onGone;
  }

  pathOf(digest: Digest): string {
    return join(this.folder, 'blobs', algorithmOf(digest), hexOf(digest));
  }

  /** Size in bytes, or undefined when there is no such file. */
  async size(digest: Digest): Promise<number | undefined> {
    return await fileSize(this.pathOf(digest));
  }

  /** Undefined when there is no such file. */
  async read(digest: Digest): Promise<Buffer | undefined> {
    try {
      return await readFile(this.pathOf(digest));
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  /**
   * Takes over a file whose bytes hash to `digest` and are on the disk; its size in bytes. It takes the place of one
   * that is there: that may be corrupt without being noticed, and costs no more than removing the new one.
   */
  async adopt(digest: Digest, path: string): Promise<number> {
    return await this.alone(digest, async () => {
      const size = (await fileSize(path)) ?? 0;
      await moveIntoPlace(path, this.pathOf(digest));
      return size;
    });
  }

  /** Receives a blob; part of it may have come earlier. Throws DIGEST_MISMATCH, SIZE_MISMATCH, DISK_FULL. */
  async receive(
    descriptor: Descriptor,
    source: BlobSource,
    isHere: IsHere,
    options: CallOptions,
  ): Promise<void> {
    const { digest } = descriptor;
    await this.alone(digest, async () => {
      if (await this.#keeps(descriptor, isHere)) return;
      const partial = join(this.folder, '.partial', digest.replace(':', '-'));
      const target = { path: this.pathOf(digest), partial, subject: digest };
      await receiveBlobFile(target, descriptor, source, options);
    });
  }

  /** Keeps a manifest's bytes, which hash to `digest`, unless the very same are there. Throws DISK_FULL. */
  async put(digest: Digest, bytes: Uint8Array, isHere: IsHere): Promise<void> {
    await this.alone(digest, async () => {
      const path = this.pathOf(digest);
      if (isHere(digest) && (await this.#has(digest, bytes))) return;
      await replaceFile(path, bytes, join(this.folder, TEMPORARY_FOLDER));
    });
  }

  /**
   * Moves a corrupt file where it is not served from, and keeps it for inspection. Throws
   * what the disk says; then the file may still be in its place.
   */
  async quarantine(digest: Digest): Promise<void> {
    this.#onGone(digest);
    const folder = join(this.folder, QUARANTINE);
    await mkdir(folder, { recursive: true });
    await rename(this.pathOf(digest), join(folder, digest.replace(':', '-'))).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error;
    });
    await syncFolder(folder);
  }

  /** Digests whose file was found corrupt once; some may have been repaired since. */
  async listQuarantine(): Promise<Digest[]> {
    const names = await readdir(join(this.folder, QUARANTINE)).catch(() => []);
    return names.map((name) => name.replace('-', ':')).filter(isDigest);
  }

  /** Says when the file system was made read-only, as Linux does after an error; undefined when it is not. */
  async troubleWriting(): Promise<string | undefined> {
    try {
      await access(this.folder, constants.W_OK);
      return undefined;
    } catch (error) {
      return hasCode(error, 'EROFS') ? 'its file system is read-only' : 'its folder cannot be written to';
    }
  }

  async remove(digest: Digest): Promise<void> {
    // Not rm(): that looks at the file on this thread first.
    await unlink(this.pathOf(digest)).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error;
    });
    this.#onGone(digest);
  }

  async #keeps({ digest, size }: { digest: Digest; size: number }, isHere: IsHere): Promise<boolean> {
    return isHere(digest) && (await this.size(digest)) === size;
  }

  // A file that can't be read is as good as none.
  async #has(digest: Digest, bytes: Uint8Array): Promise<boolean> {
    const there = await this.read(digest).catch(() => undefined);
    return there?.equals(bytes) ?? false;
  }

  /** Runs `work` while nothing else makes or removes the file of this digest. */
  async alone<T>(digest: Digest, work: () => Promise<T>): Promise<T> {
    return await this.#locks.run(digest, work);
  }
}

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { hasCode, replaceFile } from '../../content/bytes/blob-file.ts';
import { tryJson } from '../../content/json.ts';

const File = z.record(z.string(), z.number());

/** When each name in the cache was last asked for, in milliseconds since 1970. In memory, and in a file now and then. */
export class Uses {
  readonly #path: string;
  readonly #times: Map<string, number>;
  #isWritten = true;

  private constructor(path: string, times: Map<string, number>) {
    this.#path = path;
    this.#times = times;
  }

  /** A file that is gone or damaged is begun again. */
  static async open(path: string): Promise<Uses> {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return '';
      throw error;
    });
    const file = File.safeParse(tryJson(text));
    return new Uses(path, new Map(file.success ? Object.entries(file.data) : []));
  }

  note(repository: string, tag: string, at: number): void {
    this.#times.set(keyOf(repository, tag), at);
    this.#isWritten = false;
  }

  /** 0 for what no one is known to have asked for. */
  of(repository: string, tag: string): number {
    return this.#times.get(keyOf(repository, tag)) ?? 0;
  }

  forget(repository: string, tag: string): void {
    if (this.#times.delete(keyOf(repository, tag))) this.#isWritten = false;
  }

  /** Throws DISK_FULL. */
  async write(): Promise<void> {
    if (this.#isWritten) return;
    this.#isWritten = true;
    await replaceFile(this.#path, JSON.stringify(Object.fromEntries(this.#times)));
  }
}

function keyOf(repository: string, tag: string): string {
  return `${repository}:${tag}`;
}

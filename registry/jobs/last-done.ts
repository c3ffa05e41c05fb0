import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../../content/bytes/blob-file.ts';
import { tryJson } from '../../content/json.ts';

const Done = z.object({ done: z.int().nonnegative() });

/** Remembers over restarts when something was last done to a whole store. */
export class LastDone {
  readonly #path: string;

  constructor(folder: string, job: 'gc' | 'scrub') {
    this.#path = join(folder, `.${job}-done.json`);
  }

  /** Milliseconds since 1970; undefined when that is not known. */
  async read(): Promise<number | undefined> {
    const text = await readFile(this.#path, 'utf8').catch(() => '');
    return Done.safeParse(tryJson(text)).data?.done;
  }

  /** It is for the metrics only: on a full disk it is not remembered. */
  async note(at: number): Promise<void> {
    await replaceFile(this.#path, JSON.stringify({ done: at })).catch(() => {});
  }
}

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../../content/bytes/blob-file.ts';
import { tryJson } from '../../content/json.ts';

const Round = z.object({ begun: z.int().nonnegative() });

/** Remembers when a check was begun that did not come to its end, so that the next one continues it. */
export class CheckRound {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, '.check-round.json');
  }

  /** When the unfinished check was begun, in milliseconds since 1970. */
  async begun(): Promise<number | undefined> {
    const text = await readFile(this.#path, 'utf8').catch(() => '');
    return Round.safeParse(tryJson(text)).data?.begun;
  }

  async begin(at: number): Promise<void> {
    // On a full disk a check is as good as anywhere else; only that it can't go on later.
    await replaceFile(this.#path, JSON.stringify({ begun: at })).catch(() => {});
  }

  async end(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}

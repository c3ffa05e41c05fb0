import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { digestOf, hexOf } from '../digest.ts';
import { tryJson } from '../json.ts';

/** Upload sessions that another run may go on with: their addresses, by what is uploaded where. */
export interface UploadSessions {
  find(key: string): Promise<string | undefined>;
  keep(key: string, location: string): Promise<void>;
  forget(key: string): Promise<void>;
}

const SessionFile = z.object({ key: z.string(), location: z.string() });
/** Registries forget sessions after some days; Distribution after seven. */
const LIFE_MS = 7 * 24 * 3_600_000;

/**
 * Keeps sessions in a folder, one small file for each, that nobody else may read: an address may be signed. What can't be
 * kept is not: an upload then begins from its start.
 */
export class FileUploadSessions implements UploadSessions {
  readonly #folder: string;
  readonly #now: () => number;

  /** `now`: milliseconds since 1970. */
  constructor(folder: string, now: () => number = Date.now) {
    this.#folder = folder;
    this.#now = now;
  }

  async find(key: string): Promise<string | undefined> {
    const path = this.#path(key);
    try {
      if (this.#now() - (await stat(path)).mtimeMs > LIFE_MS) return undefined;
      const { data } = SessionFile.safeParse(tryJson(await readFile(path, 'utf8')));
      return data?.key === key ? data.location : undefined;
    } catch {
      return undefined;
    }
  }

  async keep(key: string, location: string): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      // Not synced: what a power cut takes of it is found to be no session.
      await writeFile(this.#path(key), JSON.stringify({ key, location }), { mode: 0o600 });
    } catch {
      // Then the next run begins from the start.
    }
  }

  async forget(key: string): Promise<void> {
    await rm(this.#path(key), { force: true }).catch(() => {});
  }

  #path(key: string): string {
    return join(this.#folder, `${hexOf(digestOf(key)).slice(0, 32)}.json`);
  }
}

import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode, syncFolder } from '../../content/bytes/blob-file.ts';

const TEXT =
  'This registry has had users: without a users file it lets nobody in. Delete this file to serve it to everybody.\n';

/** A file that says that a registry once had users, and so is never again open to everybody by itself. */
export class ClosedMark {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async isSet(): Promise<boolean> {
    try {
      await stat(this.path);
      return true;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return false;
      throw error;
    }
  }

  /** Durable when this returns. */
  async set(): Promise<void> {
    try {
      const file = await open(this.path, 'wx', 0o644);
      // That it is there is enough: on a full disk it is empty.
      await file
        .writeFile(TEXT)
        .catch(() => {})
        .finally(() => file.close());
      await syncFolder(dirname(this.path));
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  }
}

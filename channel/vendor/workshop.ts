import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, replaceFile } from '../../content/bytes/blob-file.ts';
import { channelError } from '../errors.ts';

/**
 * A channel as its vendor has it, in a folder: `metadata/` is what was published, as clients read it; `staged/` is what
 * comes next and is still being signed, perhaps on other machines.
 */
export class Workshop {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  get published(): string {
    return join(this.folder, 'metadata');
  }

  get staged(): string {
    return join(this.folder, 'staged');
  }

  /** Throws CHANNEL_EXISTS. */
  async create(): Promise<void> {
    if ((await this.list(this.published)).length + (await this.list(this.staged)).length > 0)
      throw channelError('CHANNEL_EXISTS', { subject: this.folder });
    await mkdir(this.published, { recursive: true });
    await mkdir(this.staged, { recursive: true });
  }

  async list(folder: string): Promise<string[]> {
    try {
      return (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    }
  }

  /** Roles of which something is staged. */
  async stagedRoles(): Promise<string[]> {
    return (await this.list(this.staged)).map((file) => file.slice(0, -'.json'.length));
  }

  /** The staged file of a role, `undefined` where nothing is to change. */
  async readStaged(role: string): Promise<Uint8Array | undefined> {
    return await read(join(this.staged, `${role}.json`));
  }

  async readPublished(file: string): Promise<Uint8Array | undefined> {
    return await read(join(this.published, file));
  }

  /** The newest version of a role that was published; 0 before the first. */
  async newest(role: string): Promise<number> {
    const versions = (await this.list(this.published)).flatMap((file) => {
      const [, version, name] = /^(\d+)\.(.+)\.json$/.exec(file) ?? [];
      return name === role ? [Number(version)] : [];
    });
    return Math.max(0, ...versions);
  }

  async stage(role: string, bytes: Uint8Array): Promise<void> {
    await mkdir(this.staged, { recursive: true });
    await replaceFile(join(this.staged, `${role}.json`), bytes);
  }

  async unstage(role: string): Promise<void> {
    await rm(join(this.staged, `${role}.json`), { force: true });
  }

  async publish(file: string, bytes: Uint8Array): Promise<void> {
    await replaceFile(join(this.published, file), bytes);
  }
}

async function read(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

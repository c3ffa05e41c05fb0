import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openAccess } from '../../access/access.ts';
import type { LogRecord } from '../../log.ts';
import { type ServedRegistry, serveRegistry } from '../../server/serve.ts';
import type { DiskSpaceSettings } from '../../server/server.ts';
import { openServedStore } from '../../store/open.ts';
import type { ServedStore } from '../../store/served-store.ts';
import { crashCopy } from './crash-copy.ts';
import { type Damage, damage } from './damage.ts';
import { quickFolder } from './quick-folder.ts';
import { RegistryClient } from './registry-client.ts';

/** A disk that seems to have room for everything, so that only writing to it tells. */
const ENDLESS: DiskSpaceSettings = {
  measure: async () => ({ free: 2 ** 50, size: 2 ** 50, freeFiles: 2 ** 30, files: 2 ** 30 }),
};

/** A registry over a store in a folder of its own, and a client of it. */
export class Site {
  readonly client = new RegistryClient(0);
  /** Milliseconds since 1970. */
  now = Date.UTC(2026, 0, 1);
  /** What the registry said of itself, requests apart. */
  readonly events: LogRecord[] = [];
  readonly #folders: string[] = [];
  #store: ServedStore | undefined;
  #served: ServedRegistry | undefined;

  /** In a new folder, or in one that is there, which is removed in the end all the same. */
  static async open(folder?: string): Promise<Site> {
    const site = new Site();
    if (folder !== undefined) site.#folders.push(folder);
    await site.#start(folder ?? (await site.#newFolder()));
    return site;
  }

  get folder(): string {
    return this.#folders.at(-1) ?? '';
  }

  get store(): ServedStore {
    if (this.#store === undefined) throw new Error('the store is not open');
    return this.#store;
  }

  /**
   * Opens the store anew. Closed before, or abruptly: then another process would find what this one has written so far,
   * so a copy of that is opened instead.
   */
  async restart(how: 'closed' | 'abruptly', what: Damage): Promise<void> {
    if (how === 'abruptly') {
      const from = this.folder;
      await crashCopy(from, await this.#newFolder());
    }
    await this.#stop();
    await damage(this.folder, what);
    await this.#start(this.folder);
  }

  /** Leaves the folder as it is. */
  async stop(): Promise<void> {
    await this.#stop();
    this.client.close();
  }

  async close(): Promise<void> {
    await this.stop();
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true });
  }

  async #newFolder(): Promise<string> {
    const folder = await quickFolder();
    this.#folders.push(folder);
    return folder;
  }

  async #start(folder: string): Promise<void> {
    const clock = () => this.now;
    const log = (record: LogRecord) => {
      if (record.event !== 'request') this.events.push(record);
    };
    this.#store = await openServedStore(folder, { clock, report: log });
    this.#served = await serveRegistry({
      store: this.#store,
      uploads: join(folder, '.uploads'),
      access: openAccess,
      log,
      clock,
      diskSpace: ENDLESS,
      listen: { host: '127.0.0.1', port: 0 },
    });
    this.client.port = this.#served.port;
  }

  async #stop(): Promise<void> {
    await this.#served?.close({ drainMs: 0 });
    await this.#store?.close();
    this.#served = undefined;
    this.#store = undefined;
  }
}

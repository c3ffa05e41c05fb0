import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openBundle } from '../../bundle/file/bundle-store.ts';
import { fileSize } from '../../content/bytes/blob-file.ts';
import { contentError } from '../../content/errors.ts';
import { openLayout } from '../../content/layout/layout.ts';
import type { RemoteOptions } from '../../content/remote/client.ts';
import { openRemote, type RemoteStore } from '../../content/remote/store.ts';
import type { Store, WritableStore } from '../../content/store.ts';
import type { RegistryOptions } from './registry-options.ts';

/** A store that was opened by its location, and how to let go of it. */
export interface Opened<S extends Store> {
  readonly store: S;
  close(): Promise<void>;
}

export const BUNDLE_SUFFIX = '.bundle.tar';

/** Opens the folder of a registry that is not running; undefined where it is none. */
export type OpenServed = (folder: string) => Promise<Opened<WritableStore> | undefined>;

/** Opens whatever a mirror file names as from and to. */
export class Locations {
  readonly #registries: RegistryOptions;
  readonly #openServed: OpenServed;

  constructor(registries: RegistryOptions, openServed: OpenServed) {
    this.#registries = registries;
    this.#openServed = openServed;
  }

  /** The registry that image references, or a source that takes its place, name by this host. */
  host(host: string, more: Pick<RemoteOptions, 'isMirror'> = {}): RemoteStore {
    const options = this.#registries.of(host.replace(/^https?:\/\//, ''));
    return openRemote(this.#registries.addressOf(host), { ...options, ...more });
  }

  /** A registry, a bundle, a stick, a layout, or the folder of a registry. Throws STORE_NOT_FOUND and what these throw. */
  async source(location: string): Promise<Opened<Store>> {
    if (isAddress(location)) return this.#remote(location);
    const bundle = (await fileSize(location)) === undefined ? await bundleIn(location) : location;
    if (bundle === undefined) return await this.#folder(location, false);
    const store = await openBundle(bundle);
    return { store, close: () => store.close() };
  }

  /** A registry, a layout that is made where there is none, or the folder of a registry. Throws STORE_READ_ONLY. */
  async target(location: string): Promise<Opened<WritableStore>> {
    if (isAddress(location)) return this.#remote(location);
    if ((await fileSize(location)) !== undefined)
      throw contentError('STORE_READ_ONLY', { subject: location });
    return await this.#folder(location, true);
  }

  /** False for a folder that would be made. A registry is asked only when it is used. */
  async exists(location: string, resolve: (path: string) => string): Promise<boolean> {
    if (isAddress(location)) return true;
    const found = await stat(resolve(location)).catch(() => undefined);
    return found?.isDirectory() === true && (await readdir(resolve(location))).length > 0;
  }

  #remote(address: string): Opened<RemoteStore> {
    const store = openRemote(address, this.#registries.of(new URL(address).host));
    return { store, close: () => store.close() };
  }

  async #folder(folder: string, create: boolean): Promise<Opened<WritableStore>> {
    const served = await this.#openServed(folder);
    return served ?? { store: await openLayout(folder, { create }), close: async () => {} };
  }
}

/** True for what names a registry, rather than a file or a folder. */
export function isAddress(location: string): boolean {
  return /^https?:\/\//.test(location);
}

// A stick has a bundle in its folder, beside the program and other files; a layout has none.
async function bundleIn(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch((): string[] => []);
  if (names.includes('oci-layout')) return undefined;
  const [bundle, ...more] = names.filter((name) => name.endsWith(BUNDLE_SUFFIX)).sort();
  if (bundle === undefined) return undefined;
  if (more.length === 0) return join(folder, bundle);
  const detail = `several bundles: ${[bundle, ...more].join(', ')}`;
  throw contentError('STORE_NOT_FOUND', {
    subject: folder,
    detail,
    remedy: 'Give the path of the one that you mean.',
  });
}

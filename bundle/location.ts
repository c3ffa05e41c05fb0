import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSize } from '../content/bytes/blob-file.ts';
import { contentError } from '../content/errors.ts';
import { openLayout } from '../content/layout/layout.ts';
import { lockLayout } from '../content/layout/layout-lock.ts';
import type { RemoteStore } from '../content/remote/store.ts';
import type { Store, WritableStore } from '../content/store.ts';
import { openBundle } from './file/bundle-store.ts';
import { bundleNames } from './volume/volume-name.ts';

/** A store that was opened by its location, and how to let go of it. */
export interface OpenedStore<S extends Store> {
  readonly store: S;
  close(): Promise<void>;
}

/** How places are opened that this room does not know. */
export interface LocationDoors {
  /** A registry, with the logins and settings that there are for it. */
  readonly remote: (address: string) => RemoteStore | Promise<RemoteStore>;
  /** The folder of a registry that is not running; undefined where it is none. */
  readonly served: (folder: string) => Promise<OpenedStore<WritableStore> | undefined>;
  /** Folders and files with other volumes of a bundle that is cut. */
  readonly volumes?: readonly string[] | undefined;
}

/**
 * Opens what a user names: the address of a registry, a bundle, the folder of a stick, a layout, or the folder of a
 * registry that is not running. Throws STORE_NOT_FOUND and what opening each of them throws.
 */
export async function openSourceAt(location: string, doors: LocationDoors): Promise<OpenedStore<Store>> {
  if (isAddress(location)) return closing(await doors.remote(location));
  const bundle = (await fileSize(location)) === undefined ? await bundleIn(location) : location;
  if (bundle === undefined) return await openFolder(location, doors);
  // What lies in volumes that are not here is missed when it is read.
  return closing(await openBundle(bundle, { volumes: doors.volumes, needs: 'some' }));
}

/** What openTargetAt would write to, to be read alone. */
export async function openHeldAt(location: string, doors: LocationDoors): Promise<OpenedStore<Store>> {
  return isAddress(location) ? closing(await doors.remote(location)) : await openFolder(location, doors);
}

/**
 * As openSourceAt, for writing. A folder that is not there yet becomes a layout; nobody else writes to it until it is
 * closed. Throws LAYOUT_IN_USE, and STORE_READ_ONLY for any file.
 */
export async function openTargetAt(
  location: string,
  doors: LocationDoors,
): Promise<OpenedStore<WritableStore>> {
  if (isAddress(location)) return closing(await doors.remote(location));
  if ((await fileSize(location)) !== undefined) throw contentError('STORE_READ_ONLY', { subject: location });
  return (await doors.served(location)) ?? (await openLockedLayout(location));
}

/** True for what names a registry, rather than a file or a folder. */
export function isAddress(location: string): boolean {
  return /^https?:\/\//.test(location);
}

async function openFolder(folder: string, { served }: LocationDoors): Promise<OpenedStore<WritableStore>> {
  return (await served(folder)) ?? { store: await openLayout(folder), close: async () => {} };
}

async function openLockedLayout(folder: string): Promise<OpenedStore<WritableStore>> {
  const lock = await lockLayout(folder);
  try {
    return { store: await openLayout(folder, { create: true }), close: async () => lock.release() };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function closing<S extends Store & { close(): Promise<void> }>(store: S): OpenedStore<S> {
  return { store, close: () => store.close() };
}

// A stick has a bundle in its folder, or its volumes, beside the program and other files; a layout has none.
async function bundleIn(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch((): string[] => []);
  if (names.includes('oci-layout')) return undefined;
  const [bundle, ...more] = bundleNames(names);
  if (bundle === undefined) return undefined;
  if (more.length === 0) return join(folder, bundle);
  throw contentError('STORE_NOT_FOUND', {
    subject: folder,
    detail: `several bundles: ${[bundle, ...more].join(', ')}`,
    remedy: 'Give the path of the one that you mean.',
  });
}

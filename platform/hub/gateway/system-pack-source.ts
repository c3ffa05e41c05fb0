import { satisfies } from 'semver';
import { isSkerryError } from '../../../content/error.ts';
import type { EnvelopeLayer } from '../../desired/envelope.ts';
import {
  isSystemLayer,
  SYSTEM_PACKS,
  type SystemPack,
  type SystemPacks,
  systemPackNames,
} from '../compile/gateway/system-packs.ts';
import type { Catalog } from '../packs/catalog.ts';

type Packs = Pick<Catalog, 'pack' | 'versions'>;

/**
 * The packs of gateways that the registry has: of each the newest that fits this hub, and those that layers have now.
 * Throws what the catalog throws when the registry is away.
 */
export async function readSystemPacks(catalog: Packs, last: readonly EnvelopeLayer[]): Promise<SystemPacks> {
  const found = new Map<string, SystemPack>();
  for (const name of systemPackNames) {
    const version = await newest(catalog, name, SYSTEM_PACKS[name]);
    const pack = version === undefined ? undefined : await readPack(catalog, name, version);
    if (pack !== undefined) found.set(name, pack);
  }
  for (const { pack } of last.filter(isSystemLayer)) {
    const name = pack.repository.slice(pack.repository.lastIndexOf('/') + 1);
    const key = `${name} ${pack.version}`;
    const read = found.has(key) ? undefined : await readPack(catalog, name, pack.version);
    // Another pack of the same version is not what the layer has.
    if (read?.digest === pack.digest) found.set(key, read);
  }
  return (name, version) => found.get(version === undefined ? name : `${name} ${version}`);
}

async function newest(catalog: Packs, name: string, range: string): Promise<string | undefined> {
  const versions = await orMissing(async () => await catalog.versions(name));
  return versions?.find((version) => satisfies(version, range));
}

async function readPack(catalog: Packs, name: string, version: string): Promise<SystemPack | undefined> {
  const pack = await orMissing(async () => await catalog.pack(name, version));
  return pack && { version, digest: pack.digest, config: pack.config };
}

async function orMissing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isSkerryError(error) && ['PACK_NOT_FOUND', 'PACK_UNREADABLE'].includes(error.code)) return undefined;
    throw error;
  }
}

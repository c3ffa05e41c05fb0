import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openBundle } from '../../bundle/file/bundle-store.ts';
import type { LockedRelease } from '../../bundle/locked-release.ts';
import { fileSize } from '../../content/bytes/blob-file.ts';
import { type FileMeasure, type MeasureOptions, measureFile } from '../../content/bytes/file-measure.ts';
import { namesIn } from '../../content/layout/layout-index.ts';
import { versionOf } from '../../content/pack-format.ts';
import {
  isProviderAddress,
  isProviderVersion,
  providerArchives,
  providerFileName,
} from '../../content/provider-format.ts';
import type { Store } from '../../content/store.ts';

/** The folder of a stick that is a filesystem mirror for OpenTofu and Terraform. */
export const PROVIDERS_FOLDER = 'providers';

export interface ProviderFile extends FileMeasure {
  readonly name: string;
}

/**
 * Lays the providers of OpenTofu and Terraform that a bundle carries into a folder of the stick, where `terraform init`
 * takes them from by itself. What lies there already stays.
 */
export async function placeProviders(
  folder: string,
  bundle: string,
  { contents }: Pick<LockedRelease, 'contents'>,
  options: MeasureOptions,
): Promise<ProviderFile[]> {
  const versions = namesIn(contents).flatMap(({ repository, tag }) => {
    const version = versionOf(tag);
    const isOne = version !== undefined && isProviderAddress(repository) && isProviderVersion(version);
    return isOne ? [{ repository, version }] : [];
  });
  if (versions.length === 0) return [];
  const store = await openBundle(bundle);
  try {
    const placed: ProviderFile[] = [];
    for (const one of versions) placed.push(...(await placeVersion(folder, store, one, options)));
    return placed;
  } finally {
    await store.close();
  }
}

async function placeVersion(
  folder: string,
  store: Store,
  { repository, version }: { readonly repository: string; readonly version: string },
  options: MeasureOptions,
): Promise<ProviderFile[]> {
  const placed: ProviderFile[] = [];
  const { signal } = options;
  for (const archive of (await providerArchives(store, repository, version, { signal })) ?? []) {
    const { digest, size } = archive.descriptor;
    const name = [PROVIDERS_FOLDER, repository, providerFileName(repository, version, archive)].join('/');
    const path = join(folder, name);
    const found = (await fileSize(path)) === size ? await measureFile(path, options) : undefined;
    if (found?.digest === digest) {
      placed.push({ name, ...found });
      continue;
    }
    const blob = await store.readBlob(repository, digest, { size, signal });
    if (blob !== undefined) await write(path, blob.stream, signal);
    placed.push({ name, ...(await measureFile(path, options)) });
  }
  return placed;
}

async function write(path: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
  const beside = `${path}.new`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await pipeline(bytes, createWriteStream(beside), { signal });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

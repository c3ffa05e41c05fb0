import semver from 'semver';
import { z } from 'zod';
import type { Descriptor } from './descriptor.ts';
import { parseManifest } from './manifest.ts';
import { tagOf } from './pack-format.ts';
import { NAME_GRAMMAR } from './reference.ts';
import type { CallOptions, Store } from './store.ts';

/**
 * A provider of OpenTofu and Terraform as an OCI artifact, as OpenTofu installs them from registries (opentofu.org/docs,
 * "OCI registry as a provider mirror"): the tag is the version, the index has a manifest for each platform, and each of
 * those one layer, a zip file with the program. It is kept under its source address, HOST/NAMESPACE/TYPE.
 */
export const PROVIDER_TYPE = 'application/vnd.opentofu.provider';
export const PROVIDER_TARGET_TYPE = 'application/vnd.opentofu.provider-target';
export const PROVIDER_ARCHIVE_TYPE = 'archive/zip';

const SEGMENT = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const Platform = z.object({ os: z.string().regex(SEGMENT), architecture: z.string().regex(SEGMENT) });

/** The zip file of one platform. */
export interface ProviderArchive {
  readonly os: string;
  readonly architecture: string;
  readonly descriptor: Descriptor;
}

/** The name of such a file in a mirror on a disk. */
export function providerFileName(
  repository: string,
  version: string,
  { os, architecture }: Pick<ProviderArchive, 'os' | 'architecture'>,
): string {
  return `terraform-provider-${repository.split('/').at(-1)}_${version}_${os}_${architecture}.zip`;
}

/** Whether a repository could be that of a provider: HOST/NAMESPACE/TYPE. */
export function isProviderAddress(repository: string): boolean {
  const parts = repository.split('/');
  return parts.length === 3 && NAME_GRAMMAR.test(repository) && (parts[0] ?? '').includes('.');
}

/** Whether a tag is a version of a provider. */
export function isProviderVersion(version: string): boolean {
  return semver.valid(version) === version;
}

/**
 * The zip files of one version of a provider; undefined where there is none, or what is there is no provider. Throws
 * MANIFEST_INVALID and what the store throws.
 */
export async function providerArchives(
  store: Store,
  repository: string,
  version: string,
  options: CallOptions = {},
): Promise<ProviderArchive[] | undefined> {
  const index = await store.readManifest(repository, tagOf(version), options);
  if (index === undefined) return undefined;
  const { artifactType, manifests } = parseManifest(index, `${repository}:${version}`);
  if (artifactType !== PROVIDER_TYPE) return undefined;
  const archives: ProviderArchive[] = [];
  for (const { digest, platform } of manifests) {
    const { data } = Platform.safeParse(platform);
    // A bundle may hold some of the platforms.
    const manifest = data === undefined ? undefined : await store.readManifest(repository, digest, options);
    if (data === undefined || manifest === undefined) continue;
    const { blobs } = parseManifest(manifest, `${repository}@${digest}`);
    const descriptor = blobs.find(({ mediaType }) => mediaType === PROVIDER_ARCHIVE_TYPE);
    if (descriptor !== undefined) archives.push({ ...data, descriptor });
  }
  return archives;
}

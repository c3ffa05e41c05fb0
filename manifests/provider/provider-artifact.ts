import { readFile } from 'node:fs/promises';
import { writeBytes } from '../../content/bytes/write-bytes.ts';
import type { Digest } from '../../content/digest.ts';
import { descriptorOf, manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import { tagOf } from '../../content/pack-format.ts';
import { PROVIDER_ARCHIVE_TYPE, PROVIDER_TARGET_TYPE, PROVIDER_TYPE } from '../../content/provider-format.ts';
import type { CallOptions, WritableStore } from '../../content/store.ts';
import { zipOf } from './zip.ts';

/** Where the platform's own provider is kept: its source address. */
export const PROVIDER_REPOSITORY = 'skerry.dev/skerry/skerry';

export interface ProviderProgram {
  /** The skerry program as one executable for Linux. */
  readonly program: string;
  readonly version: string;
  /** As image-spec names it: amd64, arm64. */
  readonly architecture: string;
}

/** Writes the program to a store as a provider of OpenTofu; gives what its tag, the version, names. */
export async function putProvider(
  store: WritableStore,
  { program, version, architecture }: ProviderProgram,
  options: CallOptions = {},
): Promise<Digest> {
  const put = async (mediaType: string, bytes: Uint8Array) =>
    await writeBytes(store, PROVIDER_REPOSITORY, mediaType, bytes, options);
  const file = `terraform-provider-skerry_v${version}`;
  const archive = await put(PROVIDER_ARCHIVE_TYPE, await zipOf(file, await readFile(program), 0o755));
  const target = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    artifactType: PROVIDER_TARGET_TYPE,
    config: await put(MediaType.empty, Buffer.from('{}')),
    layers: [archive],
  });
  await store.writeManifest(PROVIDER_REPOSITORY, target.digest, target, options);
  const platform = { os: 'linux', architecture };
  const index = manifestOf(MediaType.index, {
    schemaVersion: 2,
    mediaType: MediaType.index,
    artifactType: PROVIDER_TYPE,
    manifests: [{ ...descriptorOf(target, { platform }), artifactType: PROVIDER_TARGET_TYPE }],
  });
  await store.writeManifest(PROVIDER_REPOSITORY, tagOf(version), index, options);
  return index.digest;
}

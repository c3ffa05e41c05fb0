import { MAX_SMALL_BLOB_BYTES } from '../content/bytes/small-blob.ts';
import { digestOf } from '../content/digest.ts';
import { manifestOf } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import type { Manifest } from '../content/store.ts';
import type { MemoryStore } from '../content/stores/memory.ts';
import { bundleError } from './errors.ts';
import {
  type LockedRelease,
  RELEASE_CONFIG_TYPE,
  RELEASE_TYPE,
  type ReleaseAddress,
  releaseName,
} from './locked-release.ts';

/** Makes the artifact that carries a locked release: its config is the release, it has no layers of its own. */
export async function putRelease(
  store: MemoryStore,
  release: LockedRelease,
): Promise<ReleaseAddress & { manifest: Manifest }> {
  const config = Buffer.from(JSON.stringify(release));
  if (config.byteLength > MAX_SMALL_BLOB_BYTES) {
    const detail = `with all its values and images it has ${config.byteLength} of ${MAX_SMALL_BLOB_BYTES} bytes`;
    throw bundleError('RELEASE_INVALID', { subject: release.name, detail });
  }
  const empty = Buffer.from('{}');
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    artifactType: RELEASE_TYPE,
    config: store.putBlob(
      { mediaType: RELEASE_CONFIG_TYPE, digest: digestOf(config), size: config.byteLength },
      config,
    ),
    // image-spec manifest.md, "Guidelines for Artifact Usage": an artifact without content has the empty layer.
    layers: [
      store.putBlob({ mediaType: MediaType.empty, digest: digestOf(empty), size: empty.byteLength }, empty),
    ],
    annotations: {
      'org.opencontainers.image.title': release.name,
      'org.opencontainers.image.version': release.version,
      ...(release.description === '' ? {} : { 'org.opencontainers.image.description': release.description }),
    },
  });
  const { repository, tag } = releaseName(release.name, release.version);
  await store.writeManifest(repository, tag, manifest);
  return { repository, tag, digest: manifest.digest, manifest };
}

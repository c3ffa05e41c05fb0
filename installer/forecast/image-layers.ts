import type { Descriptor } from '../../content/descriptor.ts';
import type { Digest } from '../../content/digest.ts';
import { parseManifest } from '../../content/manifest.ts';
import { choosePlatforms, isAttestation } from '../../content/platform.ts';
import type { CallOptions, Store } from '../../content/store.ts';

/** Where an image stands in a release. */
export interface ImagePlace {
  readonly repository: string;
  readonly digest: Digest;
}

/** What a node of a platform pulls for an image: config and layers. Empty where the store has none for the platform. */
export async function imageLayers(
  store: Pick<Store, 'readManifest'>,
  { repository, digest }: ImagePlace,
  platform: string,
  options: CallOptions = {},
): Promise<readonly Descriptor[]> {
  const manifest = await store.readManifest(repository, digest, options);
  if (manifest === undefined) return [];
  const { blobs, manifests } = parseManifest(manifest, `${repository}@${digest}`);
  const images = manifests.filter((child) => !isAttestation(child));
  const [chosen] = choosePlatforms(images, [platform]).chosen;
  return chosen === undefined
    ? blobs
    : await imageLayers(store, { repository, digest: chosen.digest }, platform, options);
}

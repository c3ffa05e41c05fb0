import { applyError } from '../apply/errors.ts';
import type { ReleaseBundle } from '../bundle/release-bundle.ts';
import { parseManifest } from '../content/manifest.ts';

export type LockedImage = ReleaseBundle['release']['images'][number];

/** Of the images that pods surely pull the one with the fewest bytes, for probing. Throws IMAGE_NOT_IN_BUNDLE. */
export async function smallestImage({
  store,
  release,
}: Pick<ReleaseBundle, 'store' | 'release'>): Promise<LockedImage> {
  const sized = await Promise.all(
    release.images.filter(isSure).map(async (image) => {
      const manifest = await store.readManifest(image.repository, image.digest);
      const content = manifest && parseManifest(manifest, image.reference);
      const size = content?.blobs.reduce((sum, blob) => sum + blob.size, 0) ?? 0;
      return { image, size: size === 0 ? Number.POSITIVE_INFINITY : size };
    }),
  );
  const [smallest] = sized.sort((a, b) => a.size - b.size);
  if (smallest === undefined)
    throw applyError('IMAGE_NOT_IN_BUNDLE', { subject: release.name, detail: 'no images at all' });
  return smallest.image;
}

// What only looked like an image may be a chart or anything else that a registry holds.
function isSure({ certainty }: LockedImage): boolean {
  return certainty === 'sure';
}

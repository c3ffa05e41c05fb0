interface ReleasedImage {
  readonly reference: string;
  readonly repository: string;
  readonly digest: string;
}

/**
 * Which image of the release runs in a container; `other` where it is none, undefined where that is not known. A node may
 * name the image for its own platform, of which the release has the index: then the digest that the pod asks for counts.
 */
export function originOf(
  { image, digest }: { readonly image: string; readonly digest: string },
  images: readonly ReleasedImage[] | undefined,
): ReleasedImage | 'other' | undefined {
  if (images === undefined || (digest === '' && image === '')) return undefined;
  const asked = /@(sha(?:256|512):[0-9a-f]+)$/.exec(image)?.[1];
  return images.find((each) => each.digest === digest || each.digest === asked) ?? 'other';
}

import { errorTable } from '../content/error.ts';

export const bundleError = errorTable({
  BUNDLE_NOT_FOUND: {
    means: 'There is no bundle here.',
    remedy: 'Give the stick’s folder or a file that ends in .bundle.tar.',
    exit: 2,
  },
  BUNDLE_UNREADABLE: {
    means: 'The bundle cannot be read.',
    remedy: 'Give a file that you (or the user that the program runs as) may read.',
    exit: 2,
  },
  BUNDLE_TRUNCATED: {
    means: 'The bundle is cut off.',
    remedy: 'Copy it again from its source and check the free space on the medium.',
    exit: 3,
  },
  BUNDLE_CORRUPT: {
    means: 'The bundle’s structure is damaged.',
    remedy: 'Copy it again from its source; the medium may be failing.',
    exit: 3,
  },
  BUNDLE_DIGEST_MISMATCH: {
    means: 'Content in the bundle is not what its digest says.',
    remedy: 'Copy the bundle again from its source; if the damage stays, the medium or the source is bad.',
    exit: 3,
  },
  BUNDLE_NO_RELEASE: {
    means: 'The bundle holds no release that could be installed.',
    remedy: 'Use a bundle that skerry bundle create made from a release.yaml.',
    exit: 2,
  },
  DIGEST_UNSUPPORTED: {
    means: 'A bundle holds SHA-256 content only.',
    remedy: 'Push the image that needs this content with SHA-256 digests, then create the bundle again.',
    exit: 2,
  },
  OUTPUT_UNUSABLE: {
    means: 'Nothing can be written to the output folder.',
    remedy: 'Choose a folder that you may write to.',
    exit: 2,
  },
  SIGNATURE_MISSING: {
    means: 'The release is not signed.',
    remedy: 'Ask whoever made the bundle for a signed one.',
    exit: 3,
  },
  SIGNATURE_INVALID: {
    means: 'The signature does not fit the release.',
    remedy:
      'Do not install this bundle: it was changed after it was signed, or never signed by this key. Get it again.',
    exit: 3,
  },
  SIGNATURE_WRONG_KEY: {
    means: 'The release is signed with another key than the one that you trust.',
    remedy:
      'Compare the two fingerprints with the vendor by another way than the stick; then give the right key with --key.',
    exit: 3,
  },
  KEY_INVALID: {
    means: 'This is not a usable key.',
    remedy:
      'Give an ECDSA P-256 key in PEM form, as skerry key generate makes it; SKERRY_KEY_PASSWORD opens an encrypted one.',
    exit: 2,
  },
  RELEASE_INVALID: {
    means: 'The release description has a mistake.',
    remedy: 'Correct the field; docs/release.md describes all of them.',
    exit: 2,
  },
  RELEASE_NOT_FOUND: {
    means: 'There is no release description here.',
    remedy: 'Give the path of a release.yaml.',
    exit: 2,
  },
  PACK_INVALID: {
    means: 'The pack description has a mistake.',
    remedy: 'Correct the field; docs/packs.md describes all of them.',
    exit: 2,
  },
  CHART_INVALID: {
    means: 'The chart cannot be packed.',
    remedy: 'Make helm lint pass on the chart, and vendor its dependencies with helm dependency build.',
    exit: 2,
  },
  IMAGE_NOT_FOUND: {
    means: 'An image that the release needs does not exist.',
    remedy: 'Check the reference where it is named; build or push the image, then create the bundle again.',
    exit: 2,
  },
});

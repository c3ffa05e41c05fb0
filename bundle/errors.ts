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
  VOLUME_FOREIGN: {
    means: 'This is no volume of the same bundle.',
    remedy:
      'Take it away, or give the volumes of one set alone: their names begin alike, and skerry bundle verify says of each to which set it belongs.',
    exit: 2,
  },
  VOLUMES_APART: {
    means: 'A bundle in volumes cannot be added to.',
    remedy:
      'Make one file of it with skerry bundle join, do it with that, and cut it again with skerry bundle split.',
    exit: 2,
  },
  VOLUME_TOO_SMALL: {
    means: 'Volumes of this size are too small for the bundle.',
    remedy: 'Give a larger --volume-size.',
    exit: 2,
  },
  BUNDLE_NO_RELEASE: {
    means: 'The bundle holds no release that could be installed.',
    remedy: 'Use a bundle that skerry bundle create made from a release.yaml.',
    exit: 2,
  },
  RELEASE_NOT_INSTALLABLE: {
    means:
      'The release has no components: it is content that is brought to a registry, and nothing of it is installed.',
    remedy:
      'skerry copy BUNDLE https://REGISTRY brings it there; to install, give the bundle of the platform.',
    exit: 2,
  },
  DIGEST_UNSUPPORTED: {
    means: 'A bundle holds SHA-256 content only.',
    remedy: 'Push the image that needs this content with SHA-256 digests, then create the bundle again.',
    exit: 2,
  },
  OUTPUT_EXISTS: {
    means: 'There is a bundle of other content here already, finished or begun.',
    remedy: 'Give another name, or remove the file and the one beside it that ends in .partial.',
    exit: 2,
  },
  OUTPUT_UNUSABLE: {
    means: 'Nothing can be written to the output folder.',
    remedy: 'Choose a folder that you may write to.',
    exit: 2,
  },
  SIGNATURE_MISSING: {
    means: 'The release is not signed.',
    remedy: 'Ask the vendor for a signed one.',
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
  STATEMENT_INVALID: {
    means: 'A statement beside the release is not one that the vendor signed about it.',
    remedy: 'Do not install this bundle: something was added to it after it was signed. Get it again.',
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
  RELEASE_FILE_UNREADABLE: {
    means: 'A file that the release carries cannot be read.',
    remedy:
      'Correct its path under files in the release, which is relative to the release; it has to be a file.',
    exit: 2,
  },
  FILE_NOT_ONE: {
    means: 'This is not one file.',
    remedy: 'Give a file that skerry bundle show names, or another artifact of one layer.',
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
  CHART_NOT_FOUND: {
    means: 'The registry has no such chart.',
    remedy:
      'Check host, repository and version; a source in the release may have to say where the chart is taken from.',
    exit: 2,
  },
  CHART_LINK_OUTSIDE: {
    means: 'A symbolic link leads out of the chart, and what it leads to would end up in the bundle.',
    remedy: 'Copy what is needed into the chart and remove the link; links within a chart are fine.',
    exit: 2,
  },
  LIST_KEY_DUPLICATE: {
    means: 'Two entries of a list have the same key, which server-side apply refuses.',
    remedy:
      'Remove one of the two in the chart or its values; kubectl and older Helm took the last one without a word.',
    exit: 2,
  },
  RELEASE_RECORD_TOO_LARGE: {
    means: 'What Helm keeps of this chart in the cluster is larger than a Secret may be.',
    remedy:
      'Set values so that the objects named in the details get smaller, or split the chart into two components.',
    exit: 2,
  },
  RELEASE_RECORD_LARGE: {
    means: 'What Helm keeps of this chart in the cluster is near the most that a Secret may hold.',
    remedy: 'Make the objects named in the details smaller before the chart grows further.',
    exit: 2,
  },
  MANIFEST_NOT_APPLICABLE: {
    means: 'A rendered manifest does not survive the way from Helm to the cluster.',
    remedy: 'Correct the YAML of the object that is named in the chart or its values.',
    exit: 2,
  },
  API_REMOVED: {
    means: 'The chart uses an API that a Kubernetes version of the release’s range no longer serves.',
    remedy:
      'Take a newer version of the chart, set its values so that it uses the newer API, or narrow kubernetes in the release.',
    exit: 2,
  },
  NAMESPACE_OF_CLUSTER: {
    means: 'The chart carries a Namespace that every cluster has already; Helm refuses to take it over.',
    remedy: 'Leave the Namespace out of the chart, by its values where it has one for that.',
    exit: 2,
  },
  LOAD_BALANCER_NEEDED: {
    means:
      'The chart makes a Service that waits for an address from a load balancer, which many islands don’t have.',
    remedy:
      'Set the chart’s values to another type, or name the Service under health of the component with ignore: true: then nothing waits for the address.',
    exit: 2,
  },
  HELM_WARNED: {
    means: 'Helm warned of something in a chart.',
    remedy: 'Read the warning; it may explain what is missing later.',
    exit: 2,
  },
  SERVER_REFUSES_OBJECT: {
    means: 'The API server that checks the charts refuses an object of one.',
    remedy:
      'Correct the field named in the details in the chart or its values; the island’s API server would refuse it too.',
    exit: 2,
  },
  IMAGE_NOT_FOUND: {
    means: 'An image that the release needs does not exist.',
    remedy:
      'Check the reference where it is named; build or push the image, then create the bundle again. A word that an admission webhook replaces (image: auto) is accounted for in the release, as not-an-image.',
    exit: 2,
  },
  IMAGES_UNACCOUNTED: {
    means: 'The charts hold texts that look like images and are neither in the bundle nor accounted for.',
    remedy:
      'Build or mirror the images that are meant, and say under accounted in the release what the others are; skerry bundle images RELEASE --why IMAGE explains each.',
    exit: 2,
  },
});

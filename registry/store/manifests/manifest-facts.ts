import type { Descriptor } from '../../../content/descriptor.ts';
import type { Digest } from '../../../content/digest.ts';
import { type ManifestContent, parseManifest } from '../../../content/manifest.ts';
import { referrerDescriptor } from '../../../content/referrers.ts';
import type { Manifest } from '../../../content/store.ts';

/** What the index keeps of a manifest, so that it need not be read again to know what it refers to. */
export interface ManifestFacts {
  readonly digest: Digest;
  readonly size: number;
  readonly mediaType: string;
  /** Config and layers, also those that are not here. */
  readonly blobs: readonly Digest[];
  /** Manifests below an index. */
  readonly manifests: readonly Digest[];
  readonly subject: Digest | undefined;
  /** How it is listed among the referrers of its subject. */
  readonly referrer: Descriptor | undefined;
}

/** Throws MANIFEST_INVALID. */
export function factsOf(manifest: Manifest, name: string): ManifestFacts {
  return factsIn(manifest, parseManifest(manifest, name));
}

/** Of a manifest that was parsed. */
export function factsIn(manifest: Manifest, content: ManifestContent): ManifestFacts {
  return {
    digest: manifest.digest,
    size: manifest.bytes.byteLength,
    mediaType: manifest.mediaType,
    blobs: content.blobs.map(({ digest }) => digest),
    manifests: content.manifests.map(({ digest }) => digest),
    subject: content.subject?.digest,
    referrer: content.subject === undefined ? undefined : referrerDescriptor(manifest, content),
  };
}

import { MAX_MANIFEST_BYTES } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';

/** Bytes of descriptors in one answer: clients refuse an index over 4 MiB. */
export const REFERRERS_ROOM = MAX_MANIFEST_BYTES - 1024;

/** Which referrers of a subject are asked for. */
export interface WhichReferrers {
  /** Only those of this type. */
  readonly artifactType?: string | undefined;
  /** Only those that follow this digest, in the order of digests. */
  readonly after?: string | undefined;
}

/** A part of a list of referrers, as clients get it (distribution-spec, "Listing Referrers"). */
export interface ReferrersPage {
  /** An image index as JSON. */
  readonly index: Buffer;
  /** The digest after which the next page begins, if there is one. */
  readonly next: string | undefined;
}

/** Makes a page of `descriptors`: their JSON, with commas between them. */
export function makeReferrersPage(descriptors: string, next: string | undefined): ReferrersPage {
  const json = `{"schemaVersion":2,"mediaType":"${MediaType.index}","manifests":[${descriptors}]}`;
  return { index: Buffer.from(json), next };
}

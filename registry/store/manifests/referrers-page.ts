import { MAX_MANIFEST_BYTES } from '../../../content/manifest.ts';
import { MediaType } from '../../../content/media-type.ts';
import type { ReferrersPage } from '../../capability.ts';

/** Bytes of descriptors in one answer: clients refuse an index over 4 MiB. */
export const REFERRERS_ROOM = MAX_MANIFEST_BYTES - 1024;

/** Makes a page of `descriptors`: their JSON, with commas between them. */
export function makeReferrersPage(descriptors: string, next: string | undefined): ReferrersPage {
  const json = `{"schemaVersion":2,"mediaType":"${MediaType.index}","manifests":[${descriptors}]}`;
  return { index: Buffer.from(json), next };
}

import { type CosignKind, cosignTag } from '../companion-tag.ts';
import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';

/** What belongs to an image without being named by it: signatures, SBOMs, attestations. */
export type ReferrerChoice = 'all' | 'signatures' | 'none';

/**
 * Artifact types of signatures: cosign's two, and notation's. A sigstore bundle may also hold a signed statement, which
 * can't be told apart before it is read.
 */
const SIGNATURES =
  /^application\/vnd\.(?:dev\.cosign\.artifact\.sig\.|dev\.sigstore\.bundle\.|cncf\.notary\.signature$)/;

const KINDS: Readonly<Record<ReferrerChoice, readonly CosignKind[]>> = {
  all: ['sig', 'att', 'sbom'],
  signatures: ['sig'],
  none: [],
};

/** Of the referrers of a manifest those that are wanted. */
export function chosenReferrers(listed: readonly Descriptor[], choice: ReferrerChoice): Descriptor[] {
  return listed.filter(
    ({ artifactType = '' }) => choice === 'all' || (choice === 'signatures' && SIGNATURES.test(artifactType)),
  );
}

/** Of cosign's tags for a digest those that are wanted. */
export function chosenTags(digest: Digest, choice: ReferrerChoice): string[] {
  return KINDS[choice].map((kind) => cosignTag(digest, kind));
}

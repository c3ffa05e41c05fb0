import type { ManifestFacts } from '../manifests/manifest-facts.ts';

/** Characters of an artifactType that are kept to look for: requests can't ask for more, as addresses are shorter. */
const LONGEST_TYPE = 16 * 1024;

type ManifestRow = [
  id: number,
  mediaType: string,
  subject: number | null,
  digest: string | null,
  artifactType: string | null,
  referrer: string | null,
  known: number,
];

/** A row of `manifests`; without facts, one of a manifest whose bytes were not to be had. */
export function manifestRow(
  id: number,
  mediaType: string,
  facts: ManifestFacts | undefined,
  subject: number | null,
): ManifestRow {
  const referrer = facts?.referrer === undefined ? null : JSON.stringify(facts.referrer);
  const digest = subject === null ? null : (facts?.digest ?? null);
  const artifactType = facts?.referrer?.artifactType?.slice(0, LONGEST_TYPE) ?? null;
  return [id, mediaType, subject, digest, artifactType, referrer, facts === undefined ? 0 : 1];
}

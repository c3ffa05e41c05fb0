import { algorithmOf, type Digest, hexOf } from '../../content/digest.ts';

/**
 * Tags that clients give to what belongs to an image where they don't use `subject`: cosign's `sha256-<hex>.sig`, `.att`
 * and `.sbom`, and the list of referrers under `sha256-<hex>` (distribution-spec, "Referrers Tag Schema"). The
 * hexadecimal part is cut to what fits in a tag. They go where the image goes, and don't keep it alive.
 */
const GRAMMAR = /^(?<algorithm>sha256|sha512)-(?<hex>[0-9a-f]{64})(?:\.(?:sig|att|sbom))?$/;
const SUFFIXES = ['', '.sig', '.att', '.sbom'] as const;
const HEX = 64;

/** How the digest begins that a tag belongs to; undefined for tags of any other kind. */
export function subjectOfTag(tag: string): string | undefined {
  const { algorithm, hex } = GRAMMAR.exec(tag)?.groups ?? {};
  return algorithm === undefined || hex === undefined ? undefined : `${algorithm}:${hex}`;
}

/** Every tag that may belong to a digest. */
export function companionTags(subject: Digest): string[] {
  const stem = `${algorithmOf(subject)}-${hexOf(subject).slice(0, HEX)}`;
  return SUFFIXES.map((suffix) => `${stem}${suffix}`);
}

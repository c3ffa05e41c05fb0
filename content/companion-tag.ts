import { algorithmOf, type Digest, hexOf, isDigest } from './digest.ts';

/**
 * Tags that clients give to what belongs to an image where they don't use `subject`: cosign's `sha256-<hex>.sig`, `.att`
 * and `.sbom`, and the list of referrers under `sha256-<hex>` (distribution-spec, "Referrers Tag Schema"). The
 * hexadecimal part is cut to what fits in a tag.
 */
const GRAMMAR = /^(?<algorithm>sha256|sha512)-(?<hex>[0-9a-f]+)(?:\.(?:sig|att|sbom))?$/;
const HEX = 64;

/** What cosign keeps under tags. */
export type CosignKind = 'sig' | 'att' | 'sbom';

/** The tag under which clients keep a list of referrers where the registry keeps none. */
export function referrersTag(subject: Digest): string {
  return `${algorithmOf(subject)}-${hexOf(subject).slice(0, HEX)}`;
}

/** The tag under which cosign looks for what belongs to a digest. */
export function cosignTag(subject: Digest, kind: CosignKind): string {
  return `${referrersTag(subject)}.${kind}`;
}

/** The tags under which cosign keeps what belongs to a digest, in registries without referrers. */
export function cosignTags(subject: Digest): string[] {
  return (['sig', 'att', 'sbom'] as const).map((kind) => cosignTag(subject, kind));
}

/** Every tag that may belong to a digest. */
export function companionTags(subject: Digest): string[] {
  return [referrersTag(subject), ...cosignTags(subject)];
}

/** How the digest begins that a tag belongs to; undefined for tags of any other kind. */
export function subjectOfTag(tag: string): string | undefined {
  const { algorithm, hex } = GRAMMAR.exec(tag)?.groups ?? {};
  return algorithm === undefined || hex?.length !== HEX ? undefined : `${algorithm}:${hex}`;
}

/** The digest to which belongs what is under a tag, where all of it can be told from the tag. */
export function attachedTo(tag: string): Digest | undefined {
  const { algorithm, hex } = GRAMMAR.exec(tag)?.groups ?? {};
  const digest = `${algorithm}:${hex}`;
  return isDigest(digest) ? digest : undefined;
}

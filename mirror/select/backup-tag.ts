import { type Digest, hexOf } from '../../content/digest.ts';
import { TAG_GRAMMAR } from '../../content/reference.ts';

/** What stands for the first digits of the digest in a template. */
const DIGITS = 12;
const EXAMPLE = { tag: 'v1.2.3', digest: `sha256:${'0'.repeat(64)}` } as const;

/** Why a text is no template of backup tags; undefined when it is one. */
export function backupProblem(template: string): string | undefined {
  if (!template.includes('{tag}')) return 'a template with {tag} in it';
  if (!template.includes('{digest}'))
    return 'a template with {digest} in it, or a second move of the tag would lose what the first one kept';
  const tag = backupTag(template, EXAMPLE.tag, EXAMPLE.digest);
  return tag === undefined
    ? 'a template that makes a tag, of {tag}, {digest} and other characters of tags'
    : undefined;
}

/** The tag that keeps what another stood for before it moved; undefined where it would be no tag, e.g. too long. */
export function backupTag(template: string, tag: string, digest: Digest): string | undefined {
  const made = template.replaceAll('{tag}', tag).replaceAll('{digest}', hexOf(digest).slice(0, DIGITS));
  return TAG_GRAMMAR.test(made) ? made : undefined;
}

/** True for a tag that the template may have made: those are never deleted, nor mirrored back. */
export function isBackupTag(template: string, tag: string): boolean {
  const parts = template.split(/(\{tag\}|\{digest\})/).map((part) => {
    if (part === '{tag}') return '.+';
    return part === '{digest}' ? `[0-9a-f]{${DIGITS}}` : RegExp.escape(part);
  });
  return new RegExp(`^${parts.join('')}$`).test(tag);
}

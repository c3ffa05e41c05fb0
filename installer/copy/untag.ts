import { type Digest, isDigest } from '../../content/digest.ts';
import { contentError } from '../../content/errors.ts';
import type { CallOptions, Store } from '../../content/store.ts';
import { canDelete } from '../../content/stores/deleting-store.ts';

/** A tag, and what it is known to mean. */
export interface TaggedName {
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
}

export interface Untagged {
  readonly removed: readonly string[];
  readonly absent: readonly string[];
  /** They mean something else, and stay. */
  readonly others: readonly string[];
}

export function formatTaggedName({ repository, tag, digest }: TaggedName): string {
  return `${repository}:${tag}@${digest}`;
}

/** `REPOSITORY:TAG@DIGEST`. Throws REFERENCE_INVALID. */
export function parseTaggedName(text: string): TaggedName {
  const { repository, tag, digest } =
    /^(?<repository>[^@]+):(?<tag>[\w.-]+)@(?<digest>.+)$/.exec(text)?.groups ?? {};
  if (repository !== undefined && tag !== undefined && digest !== undefined && isDigest(digest))
    return { repository, tag, digest };
  throw contentError('REFERENCE_INVALID', {
    subject: text,
    remedy: 'Write it as REPOSITORY:TAG@DIGEST.',
  });
}

/**
 * Takes names out of a store, one after the other in their order. One that means something else than was known stays.
 * Throws DELETE_UNSUPPORTED, and what the store throws.
 */
export async function untag(
  store: Store,
  names: readonly TaggedName[],
  options: CallOptions,
): Promise<Untagged> {
  if (!canDelete(store)) throw contentError('DELETE_UNSUPPORTED', { subject: store.name });
  const result = { removed: [] as string[], absent: [] as string[], others: [] as string[] };
  for (const { repository, tag, digest } of names) {
    const name = `${repository}:${tag}`;
    const found = await store.resolveManifest(repository, tag, options);
    if (found !== undefined && found.digest !== digest) result.others.push(name);
    else if (found !== undefined && (await store.deleteTag(repository, tag, options)))
      result.removed.push(name);
    else result.absent.push(name);
  }
  return result;
}

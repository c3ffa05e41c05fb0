import type { Digest } from '../../content/digest.ts';

/** A name in the cache, and what it holds. */
export interface CachedName {
  readonly repository: string;
  readonly tag: string;
  /** When a client last asked for it, in milliseconds since 1970. */
  readonly used: number;
  /** Bytes of each blob and manifest that it holds on to. */
  readonly content: ReadonlyMap<Digest, number>;
}

/**
 * The names that have to go for what is left to have at most `budget` bytes: those that were used longest ago. What
 * several hold counts once, with the one that was used last.
 */
export function namesBeyond(names: readonly CachedName[], budget: number): CachedName[] {
  const held = new Set<Digest>();
  let bytes = 0;
  const newestFirst = names.toSorted((a, b) => b.used - a.used);
  const end = newestFirst.findIndex(({ content }) => {
    for (const [digest, size] of content) {
      if (held.has(digest)) continue;
      held.add(digest);
      bytes += size;
    }
    return bytes > budget;
  });
  return end === -1 ? [] : newestFirst.slice(end);
}

/** By repository, what these names hold there and no other name does. */
export function heldNoMore(
  names: readonly CachedName[],
  beyond: readonly CachedName[],
): ReadonlyMap<string, ReadonlySet<Digest>> {
  const gone = new Map<string, Set<Digest>>();
  for (const { repository, content } of beyond) {
    const digests = gone.get(repository) ?? new Set();
    for (const digest of content.keys()) digests.add(digest);
    gone.set(repository, digests);
  }
  const isBeyond = new Set(beyond);
  for (const name of names)
    if (!isBeyond.has(name))
      for (const digest of name.content.keys()) gone.get(name.repository)?.delete(digest);
  return gone;
}

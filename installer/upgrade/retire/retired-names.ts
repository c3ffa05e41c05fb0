import semver from 'semver';
import type { LockedRelease, ReleaseAddress } from '../../../bundle/locked-release.ts';
import { attachedTo } from '../../../content/companion-tag.ts';
import type { Digest } from '../../../content/digest.ts';
import { namesIn } from '../../../content/layout/layout-index.ts';
import type { TaggedName } from '../../copy/untag.ts';

/** A release that the registry in the cluster holds, as far as its names go. */
export interface HeldRelease {
  readonly address: ReleaseAddress;
  readonly release: Pick<LockedRelease, 'name' | 'version' | 'contents'>;
  /** Its packs and the images in them: clusters may run them for as long as they like. */
  readonly inPacks: ReadonlySet<Digest>;
}

export interface Retirement {
  /** The product that was upgraded. */
  readonly product: string;
  /** The version that going back leads to: what is older is reached no more. */
  readonly previous: string;
}

/** Releases of the product that nothing leads to any more. Newer ones may be on their way. */
export function retiredReleases(
  held: readonly HeldRelease[],
  { product, previous }: Retirement,
): HeldRelease[] {
  return held.filter(({ release: { name, version } }) => name === product && semver.lt(version, previous));
}

/**
 * What may lose its names: all that retired releases brought, but for what another release calls by the same name, and for
 * packs. The releases themselves come last, so that a run that is cut off is known by them the next time.
 */
export function retiredNames(held: readonly HeldRelease[], retirement: Retirement): TaggedName[] {
  const retired = new Set(retiredReleases(held, retirement));
  const stays = held.filter((one) => !retired.has(one)).flatMap((one) => [...contentsOf(one), one.address]);
  const kept = new Set(stays.map(keyOf));
  const packs = new Set([...retired].flatMap(({ inPacks }) => [...inPacks]));
  const isInPack = ({ tag, digest }: TaggedName) => packs.has(digest) || packs.has(attachedTo(tag) ?? digest);
  const contents = [...retired]
    .flatMap(contentsOf)
    .filter((name) => !kept.has(keyOf(name)) && !isInPack(name));
  return [...new Map(contents.map((name) => [keyOf(name), name])).values()];
}

/** All digests that the releases that stay name in a repository. */
export function keptDigests(
  held: readonly HeldRelease[],
  retirement: Retirement,
): ReadonlyMap<string, ReadonlySet<Digest>> {
  const retired = new Set(retiredReleases(held, retirement));
  const kept = new Map<string, Set<Digest>>();
  for (const { repository, digest } of held.filter((one) => !retired.has(one)).flatMap(contentsOf))
    kept.set(repository, (kept.get(repository) ?? new Set()).add(digest));
  return kept;
}

export function contentsOf({ release }: HeldRelease): TaggedName[] {
  return release.contents.flatMap((entry) =>
    namesIn([entry]).map(({ repository, tag }) => ({ repository, tag, digest: entry.digest })),
  );
}

function keyOf({ repository, tag }: Pick<TaggedName, 'repository' | 'tag'>): string {
  return `${repository}:${tag}`;
}

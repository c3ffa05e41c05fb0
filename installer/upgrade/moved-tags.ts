import type { LockedRelease } from '../../bundle/locked-release.ts';
import type { Digest } from '../../content/digest.ts';
import { namesIn } from '../../content/layout/layout-index.ts';
import { parseManifest } from '../../content/manifest.ts';
import type { CallOptions, Store, WritableStore } from '../../content/store.ts';

export interface MovedTag {
  readonly repository: string;
  /** What it meant in the release before. */
  readonly digest: Digest;
  /** Under which that content stays. */
  readonly kept: string;
}

/**
 * Tags that mean something else in the new release. What they meant loses its name in the registry, which would collect
 * it a week later, while going back still needs it.
 */
export function movedTags(
  from: Pick<LockedRelease, 'contents'>,
  to: Pick<LockedRelease, 'contents'>,
): MovedTag[] {
  const after = meanings(to);
  return [...meanings(from).values()]
    .filter(({ repository, tag, digest }) => {
      const now = after.get(`${repository}:${tag}`);
      return now !== undefined && now.digest !== digest;
    })
    .map(({ repository, digest }) => ({ repository, digest, kept: keptTag(digest) }));
}

function meanings({ contents }: Pick<LockedRelease, 'contents'>) {
  const named = contents.flatMap((entry) =>
    namesIn([entry]).map(({ repository, tag }) => ({ repository, tag, digest: entry.digest })),
  );
  return new Map(named.map((one) => [`${one.repository}:${one.tag}`, one]));
}

function keptTag(digest: Digest): string {
  return `kept-${digest.slice(-12)}`;
}

/** A tag of the kind under which content of a release before stays. */
export function isKeptTag(tag: string): boolean {
  return /^kept-[0-9a-f]{12}$/.test(tag);
}

/** Puts the manifests, children included, of what is to be kept where a copy finds them; their blobs are in place already. */
export async function gatherKept(
  registry: Store,
  target: WritableStore,
  moved: readonly MovedTag[],
  options: CallOptions,
): Promise<void> {
  for (const { repository, digest, kept } of moved)
    await gather(registry, target, repository, digest, kept, options);
}

async function gather(
  registry: Store,
  target: WritableStore,
  repository: string,
  digest: Digest,
  reference: string,
  options: CallOptions,
): Promise<void> {
  const manifest = await registry.readManifest(repository, digest, options);
  // Of an index not all children need be there: those of other platforms were never brought.
  if (manifest === undefined) return;
  for (const child of parseManifest(manifest, repository).manifests)
    await gather(registry, target, repository, child.digest, child.digest, options);
  await target.writeManifest(repository, reference, manifest, options);
}

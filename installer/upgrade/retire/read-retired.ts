import semver from 'semver';
import { readLockedRelease } from '../../../bundle/locked-release.ts';
import { readSmallBlob } from '../../../content/bytes/small-blob.ts';
import { companionTags } from '../../../content/companion-tag.ts';
import type { Digest } from '../../../content/digest.ts';
import { isSkerryError } from '../../../content/error.ts';
import { tryJson } from '../../../content/json.ts';
import { mapLimited } from '../../../content/limit.ts';
import { parseManifest } from '../../../content/manifest.ts';
import { PackConfig } from '../../../content/pack-format.ts';
import type { Store } from '../../../content/store.ts';
import type { TaggedName } from '../../copy/untag.ts';
import { CHECKPOINT_REPOSITORY } from '../../names.ts';
import { isKeptTag } from '../moved-tags.ts';
import {
  contentsOf,
  type HeldRelease,
  keptDigests,
  type Retirement,
  retiredNames,
  retiredReleases,
} from './retired-names.ts';

const RELEASES = 'skerry/releases/';
const WIDTH = 4;
const PackImages = PackConfig.pick({ images: true });

export interface RetirementInput extends Retirement {
  /** The checkpoint that going back needs; none where nothing is taken out, but only told. */
  readonly checkpoint?: string | undefined;
}

/** Releases that a plan may name: they leave the registry, and how many names with them. */
export interface Retired {
  readonly versions: readonly string[];
  readonly names: readonly TaggedName[];
}

/**
 * Looks what of the registry nothing leads to any more: names of releases older than the one that going back leads to, the
 * checkpoints of earlier upgrades, and what was kept for going back to them. Changes nothing. Throws what reading throws.
 */
export async function readRetired(
  store: Store,
  { checkpoint, ...retirement }: RetirementInput,
  signal: AbortSignal,
): Promise<Retired> {
  const held = await readHeld(store, signal);
  const retired = retiredReleases(held, retirement);
  const kept = keptDigests(held, retirement);
  const names = retiredNames(held, retirement);
  for (const repository of new Set(retired.flatMap(contentsOf).map((one) => one.repository))) {
    const tags = (await store.listTags(repository, { signal })).filter(isKeptTag);
    const found = await resolved(store, repository, tags, signal);
    names.push(...found.filter(({ digest }) => kept.get(repository)?.has(digest) !== true));
  }
  if (checkpoint !== undefined) {
    const tags = await store.listTags(CHECKPOINT_REPOSITORY, { signal });
    const others = tags.filter((tag) => tag !== checkpoint);
    names.push(...(await resolved(store, CHECKPOINT_REPOSITORY, others, signal)));
  }
  for (const { address } of retired) {
    const tags = companionTags(address.digest);
    names.push(...(await resolved(store, address.repository, tags, signal)), address);
  }
  return { versions: retired.map(({ release }) => release.version).sort(semver.compare), names };
}

/** Of all products: their names may be the same. */
async function readHeld(store: Store, signal: AbortSignal): Promise<HeldRelease[]> {
  const repositories = (await store.listRepositories({ signal })).filter((name) => name.startsWith(RELEASES));
  const held: HeldRelease[] = [];
  for (const repository of repositories) {
    const tags = (await store.listTags(repository, { signal })).filter((tag) => semver.valid(tag) === tag);
    const addresses = await resolved(store, repository, tags, signal);
    held.push(
      ...(await mapLimited(addresses, WIDTH, (address) => readRelease(store, address, signal))).flat(),
    );
  }
  return held;
}

/** Nothing where something else stands under a tag of that repository. */
async function readRelease(store: Store, address: TaggedName, signal: AbortSignal): Promise<HeldRelease[]> {
  try {
    const { name, version, contents, packs } = await readLockedRelease(store, address, { signal });
    const inPacks = new Set<Digest>();
    for (const { artifact } of packs) {
      inPacks.add(artifact.digest);
      for (const digest of await imagesIn(store, artifact, signal)) inPacks.add(digest);
    }
    return [{ address, release: { name, version, contents }, inPacks }];
  } catch (error) {
    if (isSkerryError(error, 'BUNDLE_NO_RELEASE')) return [];
    throw error;
  }
}

async function imagesIn(
  store: Store,
  { repository, tag, digest }: TaggedName,
  signal: AbortSignal,
): Promise<Digest[]> {
  const manifest = await store.readManifest(repository, digest, { signal });
  if (manifest === undefined) return [];
  const { config } = parseManifest(manifest, `${repository}:${tag}`);
  const text = config === undefined ? '' : String(await readSmallBlob(store, repository, config, { signal }));
  const parsed = PackImages.safeParse(tryJson(text));
  return parsed.success ? parsed.data.images.map((image) => image.digest) : [];
}

async function resolved(
  store: Store,
  repository: string,
  tags: readonly string[],
  signal: AbortSignal,
): Promise<TaggedName[]> {
  const found = await mapLimited(tags, WIDTH, async (tag) => {
    const descriptor = await store.resolveManifest(repository, tag, { signal });
    return descriptor === undefined ? [] : [{ repository, tag, digest: descriptor.digest }];
  });
  return found.flat();
}

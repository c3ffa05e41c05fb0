import { formatMetadata } from '../metadata/metadata-file.ts';
import { type ChannelRelease, fromTarget } from '../metadata/release-target.ts';
import { type ChannelKeys, draftProduct, draftRoot, draftTargets } from './draft.ts';
import { currentRoot, currentTargets } from './roles.ts';
import type { Workshop } from './workshop.ts';

/** How long each kind of metadata counts, in milliseconds. Root and targets are signed by people, so they last. */
export interface Lifetimes {
  readonly root: number;
  readonly targets: number;
}

/** Stages the first edition. Throws CHANNEL_EXISTS. */
export async function initChannel(
  workshop: Workshop,
  keys: ChannelKeys,
  now: number,
  lifetimes: Lifetimes,
): Promise<void> {
  await workshop.create();
  const edition = { version: 1, expires: now + lifetimes.targets };
  await workshop.stage(
    'root',
    formatMetadata(draftRoot({ version: 1, expires: now + lifetimes.root }, keys)),
  );
  await workshop.stage('targets', formatMetadata(draftTargets(edition, keys)));
  for (const product of Object.keys(keys.products))
    await workshop.stage(product, formatMetadata(draftProduct(edition, [])));
}

/** Stages the next root and targets, with other keys. Old keys sign the root once more, so that sites can follow. */
export async function changeKeys(
  workshop: Workshop,
  keys: ChannelKeys,
  now: number,
  lifetimes: Lifetimes,
): Promise<void> {
  const [root, targets] = [await currentRoot(workshop), await currentTargets(workshop, 'targets')];
  const rootEdition = { version: next(root), expires: now + lifetimes.root };
  const edition = { version: next(targets), expires: now + lifetimes.targets };
  await workshop.stage('root', formatMetadata(draftRoot(rootEdition, keys)));
  await workshop.stage('targets', formatMetadata(draftTargets(edition, keys)));
  const known = new Set(Object.keys(targets.metadata.signed.delegations?.roles ?? {}));
  for (const product of Object.keys(keys.products)) {
    const releases = known.has(product) ? await releasesOf(workshop, product) : [];
    const version = known.has(product) ? next(await currentTargets(workshop, product)) : 1;
    await workshop.stage(product, formatMetadata(draftProduct({ ...edition, version }, releases)));
  }
}

/** Stages the next edition of a product line, with its releases changed. Signatures of what was staged are void. */
export async function editReleases(
  workshop: Workshop,
  product: string,
  edit: (releases: readonly ChannelRelease[]) => readonly ChannelRelease[],
  now: number,
  lifetimes: Lifetimes,
): Promise<readonly ChannelRelease[]> {
  const role = await currentTargets(workshop, product);
  const before = await releasesOf(workshop, product);
  const releases = edit(before);
  if (releases === before) return releases;
  const edition = { version: next(role), expires: now + lifetimes.targets };
  await workshop.stage(product, formatMetadata(draftProduct(edition, releases)));
  return releases;
}

export async function releasesOf(workshop: Workshop, product: string): Promise<readonly ChannelRelease[]> {
  const { metadata } = await currentTargets(workshop, product);
  return Object.values(metadata.signed.targets).map((target) => fromTarget(target, `${product}.json`));
}

function next({
  metadata,
  staged,
}: {
  readonly metadata: { readonly signed: { readonly version: number } };
  readonly staged: boolean;
}) {
  return staged ? metadata.signed.version : metadata.signed.version + 1;
}

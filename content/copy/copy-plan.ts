import { type Digest, isDigest } from '../digest.ts';
import { mapLimited } from '../limit.ts';
import type { Store } from '../store.ts';
import { type Attachments, attachmentsOf } from './attachments.ts';
import type { AttachmentsIn, CopyItem, PlanOptions } from './copy-item.ts';
import type { Omission } from './omission.ts';
import { PlanWalk } from './plan-walk.ts';
import { type PlannedBlob, PlannedContent, type PlannedManifest } from './planned-content.ts';

export type { AttachmentsIn, CopyItem, PlanOptions, SparseChoice } from './copy-item.ts';
export type { PlannedBlob, PlannedManifest } from './planned-content.ts';

/** All that a copy moves, each blob once. Walked from the source alone; what the target has is found out later. */
export interface CopyPlan {
  readonly manifests: readonly PlannedManifest[];
  readonly blobs: readonly PlannedBlob[];
  /** Bytes of all blobs and manifests, each counted once. */
  readonly bytes: number;
  /** What belongs to it and does not travel. */
  readonly omissions: readonly Omission[];
}

const WIDTH = 8;

/**
 * Walks everything that the items reach: indexes, images, their referrers. What an image can do without (signatures,
 * referrers) does not stop it when it can't be read: it is among the omissions. Throws CONTENT_NOT_FOUND for an item
 * that the store lacks, INDEX_INCOMPLETE for a child of an index that it lacks, PLATFORM_NOT_FOUND, MANIFEST_INVALID.
 */
export async function planCopy(
  from: Store,
  items: readonly CopyItem[],
  options: PlanOptions = {},
): Promise<CopyPlan> {
  return await planItems(from, items, attachmentsByRepository(from, items), options);
}

/** What is learnt of a repository on the way is shared with other plans that are given the same. Throws as planCopy. */
export async function planItems(
  from: Store,
  items: readonly CopyItem[],
  attachmentsIn: AttachmentsIn,
  options: PlanOptions = {},
): Promise<CopyPlan> {
  const walk = new PlanWalk(from, attachmentsIn, options);
  await mapLimited(items, WIDTH, (item) => walk.item(item));
  return planOf(walk.found);
}

/** What belongs to manifests of the repositories that the items are in. */
export function attachmentsByRepository(from: Store, items: readonly CopyItem[]): AttachmentsIn {
  const byRepository = Map.groupBy(items, ({ repository }) => repository);
  const known = new Map<string, Attachments>();
  return (repository) => {
    // The tag of an item with a digest may be one that it gets at the target.
    const tags = (byRepository.get(repository) ?? []).flatMap(({ reference, digest }) =>
      digest !== undefined || isDigest(reference) ? [] : [reference],
    );
    const attachments = known.get(repository) ?? attachmentsOf(from, repository, tags);
    known.set(repository, attachments);
    return attachments;
  };
}

/** One plan of several, for what comes from several places. Throws REFERENCE_AMBIGUOUS, MANIFEST_INVALID. */
export function mergePlans(plans: readonly CopyPlan[]): CopyPlan {
  const found = new PlannedContent();
  for (const plan of plans) found.addPlan(plan);
  return planOf(found);
}

/** A large blob that starts last would leave the others idle at the end. */
export function largestFirst(blobs: readonly PlannedBlob[]): PlannedBlob[] {
  return blobs.toSorted((a, b) => b.descriptor.size - a.descriptor.size);
}

/** From the bottom up. Within a height, digests sort before tags; a tag may name what only its digest entry wrote. */
export function groupByHeight(manifests: readonly PlannedManifest[]): PlannedManifest[][] {
  const groups = Map.groupBy(manifests, ({ height }) => height);
  return [...groups.keys()].sort((a, b) => a - b).map((height) => groups.get(height) ?? []);
}

function planOf(found: PlannedContent): CopyPlan {
  const [manifests, blobs] = [found.manifests(), found.blobs()];
  const sizes = new Map<Digest, number>(blobs.map(({ descriptor }) => [descriptor.digest, descriptor.size]));
  for (const { manifest } of manifests) sizes.set(manifest.digest, manifest.bytes.byteLength);
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return { manifests, blobs, bytes, omissions: found.omissions() };
}

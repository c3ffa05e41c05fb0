import type { Descriptor } from '../descriptor.ts';
import { type Digest, isDigest } from '../digest.ts';
import { isSkerryError, messageOf } from '../error.ts';
import { contentError } from '../errors.ts';
import { mapLimited } from '../limit.ts';
import { type ManifestContent, parseManifest } from '../manifest.ts';
import { isManifestType } from '../media-type.ts';
import { choosePlatforms, formatPlatform, isAttestation } from '../platform.ts';
import type { CallOptions, Manifest, Store, TagOrDigest } from '../store.ts';
import { type Attachments, attachmentsOf } from './attachments.ts';
import type { Omission } from './omission.ts';
import { type PlannedBlob, PlannedContent, type PlannedManifest } from './planned-content.ts';
import { chosenReferrers, chosenTags, type ReferrerChoice } from './referrer-choice.ts';

export type { PlannedBlob, PlannedManifest } from './planned-content.ts';

/** One thing to copy, by the name that it keeps. */
export interface CopyItem {
  readonly repository: string;
  readonly reference: TagOrDigest;
  /** What the reference is known to stand for; then the digest is read, whatever the tag says by now. */
  readonly digest?: Digest | undefined;
  /**
   * Of an index only the children for these platforms, as `os/architecture[/variant]`; all when absent. The index keeps
   * its bytes and its digest: it becomes a sparse one.
   */
  readonly platforms?: readonly string[] | undefined;
  /** It only belongs to this digest, as its signature, say: when it can't be read, it is left out and told. */
  readonly optionalFor?: Digest | undefined;
}

/** All that a copy moves, each blob once. Walked from the source alone; what the target has is found out later. */
export interface CopyPlan {
  readonly manifests: readonly PlannedManifest[];
  readonly blobs: readonly PlannedBlob[];
  /** Bytes of all blobs and manifests, each counted once. */
  readonly bytes: number;
  /** What belongs to it and does not travel. */
  readonly omissions: readonly Omission[];
}

/** Children of an index that the source need not hold. */
export type SparseChoice = 'none' | 'attestations' | 'any';

export interface PlanOptions extends CallOptions {
  /** Which signatures, SBOMs and other referrers are taken along; all when absent. */
  readonly referrers?: ReferrerChoice | undefined;
  /** Which children of an index may be missing at the source; none when absent. */
  readonly sparse?: SparseChoice | undefined;
  /** Asked before a manifest is read: what the target holds with all below it is not walked. */
  readonly isHeld?: ((repository: string, digest: Digest) => Promise<boolean>) | undefined;
  /** Looks for what belongs to manifests that the target holds, too. */
  readonly recheckReferrers?: boolean | undefined;
}

const WIDTH = 8;
const MAX_DEPTH = 8;

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
  const walk = new Walk(from, attachmentsIn, options);
  await mapLimited(items, WIDTH, (item) => walk.item(item));
  return walk.plan();
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

/** Where a visit is: what it may add to, how it was reached, which children it wants. */
interface Visit {
  readonly found: PlannedContent;
  readonly repository: string;
  readonly reference: TagOrDigest;
  readonly digest?: Digest | undefined;
  readonly depth: number;
  readonly platforms?: readonly string[] | undefined;
}

/** What belongs to the manifests of a repository: the same object whenever it is asked for. */
export type AttachmentsIn = (repository: string) => Attachments;

class Walk {
  readonly #from: Store;
  readonly #options: PlanOptions;
  readonly #referrers: ReferrerChoice;
  readonly #found = new PlannedContent();
  readonly #attachmentsIn: AttachmentsIn;
  /** By `repository digest`: what is shared is read once and walked once. */
  readonly #reads = new Map<string, Promise<Manifest | undefined>>();
  /** Whether the source holds a blob of what is optional. */
  readonly #held = new Map<Digest, Promise<boolean>>();

  constructor(from: Store, attachmentsIn: AttachmentsIn, options: PlanOptions) {
    this.#from = from;
    this.#options = options;
    this.#referrers = options.referrers ?? 'all';
    this.#attachmentsIn = attachmentsIn;
  }

  async item({ optionalFor, ...item }: CopyItem): Promise<void> {
    const { repository, reference } = item;
    const [found, visit] = [this.#found, { ...item, depth: 0 }];
    if (this.#referrers !== 'none') await this.#attachmentsIn(repository).prepare(this.#options);
    if (optionalFor === undefined) return await this.#visit({ ...visit, found });
    const what = { repository, of: optionalFor, what: reference };
    await this.#optional(found, what, () => this.#try(found, visit));
  }

  plan(): CopyPlan {
    return planOf(this.#found);
  }

  /**
   * Plans one manifest and everything below it. Where another visit is at it already nothing is waited for: tags of
   * signatures may lead anywhere, also back to where the walk came from.
   */
  async #visit(visit: Visit): Promise<void> {
    const { found, repository, reference, digest, depth, platforms } = visit;
    this.#options.signal?.throwIfAborted();
    const subject = `${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
    if (depth > MAX_DEPTH) throw contentError('MANIFEST_INVALID', { subject, detail: 'nested too deeply' });
    const manifest = await this.#read(repository, digest ?? reference);
    if (manifest === undefined) throw contentError('CONTENT_NOT_FOUND', { subject, detail: this.#from.name });
    found.addManifest(repository, reference, manifest);
    if (!found.visit(visitKey(repository, manifest.digest, platforms))) return;
    const content = parseManifest(manifest, `${repository}@${manifest.digest}`);
    const isHeld = await this.#isHeld(repository, manifest.digest);
    if (!isHeld) for (const blob of content.blobs) found.addBlob(repository, blob);
    await this.#attached(visit, manifest.digest);
    if (!isHeld) await this.#children(visit, manifest.digest, content);
  }

  async #read(repository: string, reference: TagOrDigest): Promise<Manifest | undefined> {
    if (!isDigest(reference)) return await this.#from.readManifest(repository, reference, this.#options);
    const key = `${repository} ${reference}`;
    const read = this.#reads.get(key) ?? this.#from.readManifest(repository, reference, this.#options);
    this.#reads.set(key, read);
    return await read;
  }

  async #children(visit: Visit, index: Digest, content: ManifestContent): Promise<void> {
    const { found, repository, depth, platforms } = visit;
    // image-index.md lets an index point at other things than manifests; those travel as blobs.
    const below = new Map<Digest, Descriptor>();
    for (const child of this.#chosen(visit, index, content)) {
      if (isManifestType(child.mediaType)) below.set(child.digest, child);
      else found.addBlob(repository, child);
    }
    for (const [digest, child] of below) {
      if (await this.#isHeldWith(visit, digest)) continue;
      if (!(await this.#isThere(visit, index, child))) continue;
      found.addBelow(index, [digest]);
      await this.#visit({ found, repository, reference: digest, depth: depth + 1, platforms });
    }
  }

  async #isHeld(repository: string, digest: Digest): Promise<boolean> {
    return (await this.#options.isHeld?.(repository, digest)) ?? false;
  }

  /** The same of what is below a visit; what belongs to it may be new all the same. */
  async #isHeldWith(above: Visit, digest: Digest): Promise<boolean> {
    const { found, repository, depth } = above;
    if (!(await this.#isHeld(repository, digest))) return false;
    if (this.#options.recheckReferrers && depth < MAX_DEPTH && found.visit(visitKey(repository, digest)))
      await this.#attached({ ...above, depth: depth + 1 }, digest);
    return true;
  }

  #chosen({ found, repository, reference, platforms }: Visit, index: Digest, content: ManifestContent) {
    if (platforms === undefined || content.manifests.length === 0) return content.manifests;
    const { chosen, others, absent } = choosePlatforms(content.manifests, platforms);
    if (absent.length === platforms.length) {
      const has = content.manifests.flatMap(({ platform }) => (platform ? [formatPlatform(platform)] : []));
      const subject = `${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
      // An index of indexes says nothing of platforms itself.
      if (has.length > 0) {
        const detail = `wanted ${platforms.join(', ')}; it has ${[...new Set(has)].join(', ')}`;
        throw contentError('PLATFORM_NOT_FOUND', { subject, detail });
      }
    }
    for (const { digest, platform } of others) {
      const detail = platform ? formatPlatform(platform) : 'of another platform';
      found.omit({ repository, of: index, what: digest, why: 'other-platform', detail });
    }
    for (const what of absent)
      found.omit({ repository, of: index, what, why: 'platform-absent', detail: 'not in the index' });
    return chosen;
  }

  /** False for a child that may be missing and is. Throws INDEX_INCOMPLETE. */
  async #isThere(
    { found, repository, reference }: Visit,
    index: Digest,
    child: Descriptor,
  ): Promise<boolean> {
    if ((await this.#read(repository, child.digest)) !== undefined) return true;
    const { sparse = 'none' } = this.#options;
    const kind = isAttestation(child)
      ? 'the attestation'
      : `the image for ${child.platform ? formatPlatform(child.platform) : 'an unnamed platform'}`;
    const named = isDigest(reference)
      ? `${repository}@${reference}`
      : `${repository}:${reference} (${index})`;
    const detail = `${kind}, a child of the index ${named}, is not in ${this.#from.name}`;
    if (sparse === 'any' || (sparse === 'attestations' && isAttestation(child))) {
      found.omit({ repository, of: index, what: child.digest, why: 'accepted', detail });
      return false;
    }
    throw contentError('INDEX_INCOMPLETE', { subject: `${repository}@${child.digest}`, detail });
  }

  async #attached(above: Visit, digest: Digest): Promise<void> {
    const { found, repository, depth } = above;
    if (this.#referrers === 'none') return;
    const attachments = this.#attachmentsIn(repository);
    const of = { repository, of: digest };
    const listed = await this.#optional(found, { ...of, what: 'referrers' }, () =>
      attachments.referrers(digest, this.#options),
    );
    for (const { digest: referrer } of chosenReferrers(listed ?? [], this.#referrers)) {
      if (found.wasVisited(visitKey(repository, referrer))) continue;
      if (await this.#isHeldWith(above, referrer)) continue;
      const visit = { repository, reference: referrer, depth: depth + 1 };
      await this.#optional(found, { ...of, what: referrer }, () => this.#try(found, visit));
    }
    for (const tag of chosenTags(digest, this.#referrers)) {
      await this.#optional(found, { ...of, what: tag }, async () => {
        const attached = await attachments.tagged(tag, this.#options);
        if (attached === undefined) return;
        this.#reads.set(`${repository} ${attached.digest}`, Promise.resolve(attached));
        const visit = { repository, reference: tag, digest: attached.digest, depth: depth + 1 };
        await this.#try(found, visit);
      });
    }
  }

  /** Plans what is whole, and nothing of what is not. */
  async #try(found: PlannedContent, visit: Omit<Visit, 'found'>): Promise<void> {
    const trial = found.trial();
    await this.#visit({ ...visit, found: trial });
    for (const { descriptor, repositories } of trial.blobs()) {
      const [repository = ''] = repositories;
      const held =
        this.#held.get(descriptor.digest) ?? holdsBlob(this.#from, repository, descriptor, this.#options);
      this.#held.set(descriptor.digest, held);
      if (await held) continue;
      const subject = `${repository}@${descriptor.digest}`;
      throw contentError('CONTENT_NOT_FOUND', { subject, detail: this.#from.name });
    }
    found.adopt(trial);
  }

  async #optional<T>(
    found: PlannedContent,
    what: Pick<Omission, 'repository' | 'of' | 'what'>,
    read: () => Promise<T>,
  ) {
    try {
      return await read();
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (!isSkerryError(error) || STOPS.has(error.code)) throw error;
      found.omit({ ...what, why: 'unreadable', detail: `${error.code}: ${messageOf(error)}` });
      return undefined;
    }
  }
}

/** Whether a store has a blob, as far as it can be told without reading it. */
export async function holdsBlob(
  from: Store,
  repository: string,
  { digest, size }: Descriptor,
  { signal }: CallOptions,
): Promise<boolean> {
  const held = await from.statBlob(repository, digest, { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    // A signed address, to which blobs are often redirected, may be good for GET alone.
    if (!isSkerryError(error, 'REGISTRY_DENIED') && !isSkerryError(error, 'REGISTRY_ERROR')) throw error;
    return undefined;
  });
  if (held !== undefined) return true;
  // Some registries answer HEAD without saying how large a blob is.
  const reader = await from.readBlob(repository, digest, { signal, length: Math.min(1, size), size });
  if (reader === undefined) return false;
  for await (const _ of reader.stream) break;
  return true;
}

/** What is wrong with more than the one thing that was asked for. */
const STOPS = new Set([
  'REFERENCE_AMBIGUOUS',
  'DISK_FULL',
  'REGISTRY_RATE_LIMITED',
  'CREDENTIALS_UNREADABLE',
  'CREDENTIAL_HELPER_FAILED',
]);

function visitKey(repository: string, digest: Digest, platforms?: readonly string[]): string {
  return [repository, digest, ...(platforms ?? [])].join(' ');
}

import type { Descriptor } from '../descriptor.ts';
import { type Digest, isDigest } from '../digest.ts';
import { isSkerryError, messageOf } from '../error.ts';
import { contentError } from '../errors.ts';
import { type ManifestContent, parseManifest } from '../manifest.ts';
import { isManifestType } from '../media-type.ts';
import { choosePlatforms, formatPlatform, isAttestation } from '../platform.ts';
import type { Manifest, Store, TagOrDigest } from '../store.ts';
import type { AttachmentsIn, CopyItem, PlanOptions } from './copy-item.ts';
import { holdsBlob } from './held-blob.ts';
import type { Omission } from './omission.ts';
import { PlannedContent } from './planned-content.ts';
import { chosenReferrers, chosenTags, type ReferrerChoice } from './referrer-choice.ts';

const MAX_DEPTH = 8;

/** Where a visit is: what it may add to, how it was reached, which children it wants. */
interface Visit {
  readonly found: PlannedContent;
  readonly repository: string;
  readonly reference: TagOrDigest;
  readonly digest?: Digest | undefined;
  readonly depth: number;
  readonly platforms?: readonly string[] | undefined;
}

/** Goes through the source from items down, and gathers what a copy of them moves. */
export class PlanWalk {
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

  get found(): PlannedContent {
    return this.#found;
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

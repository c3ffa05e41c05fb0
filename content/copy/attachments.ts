import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import type { CallOptions, Manifest, Store } from '../store.ts';
import { isLocal } from '../stores/local-store.ts';

/**
 * What belongs to the manifests of one repository without being named by them: referrers, and what cosign keeps under
 * tags. Made for one walk, so that what was learnt about the repository on the way need not be asked again.
 */
export interface Attachments {
  /** Called before anything is read: a cache lists what it is asked for from then on. */
  prepare(options?: CallOptions): Promise<void>;
  /** As Store.listReferrers. */
  referrers(digest: Digest, options?: CallOptions): Promise<readonly Descriptor[]>;
  /** The manifest under a tag that need not exist. */
  tagged(tag: string, options?: CallOptions): Promise<Manifest | undefined>;
  /** Whether a tag is known to be there without asking for it alone; false where that can't be told. */
  isListed(tag: string, options?: CallOptions): Promise<boolean>;
}

/** A store that finds attachments at less cost than by one question for each. */
export interface AttachmentStore extends Store {
  /** `known`: tags that the repository must have. */
  attachments(repository: string, known: readonly string[]): Attachments;
}

export function attachmentsOf(store: Store, repository: string, known: readonly string[]): Attachments {
  if (hasAttachments(store)) return store.attachments(repository, known);
  return {
    prepare: async () => {},
    referrers: (digest, options) => store.listReferrers(repository, digest, options),
    tagged: (tag, options) => store.readManifest(repository, tag, options),
    isListed: async (tag, options) =>
      isLocal(store) && (await store.resolveManifest(repository, tag, options)) !== undefined,
  };
}

function hasAttachments(store: Store): store is AttachmentStore {
  return 'attachments' in store;
}

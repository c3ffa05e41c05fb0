import type { Digest } from '../digest.ts';
import type { CallOptions, TagOrDigest } from '../store.ts';
import type { Attachments } from './attachments.ts';
import type { ReferrerChoice } from './referrer-choice.ts';

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

/** What belongs to the manifests of a repository: the same object whenever it is asked for. */
export type AttachmentsIn = (repository: string) => Attachments;

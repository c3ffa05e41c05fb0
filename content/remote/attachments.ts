import { referrersTag } from '../companion-tag.ts';
import type { Attachments } from '../copy/attachments.ts';
import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { contentError } from '../errors.ts';
import { MediaType } from '../media-type.ts';
import type { CallOptions, Manifest } from '../store.ts';
import { referrersIn } from './referrers-tag.ts';

/** What a registry is asked for. */
export interface AttachmentQuestions {
  /** Undefined when the registry has no referrers API. */
  askReferrers(repository: string, digest: Digest, options: CallOptions): Promise<Descriptor[] | undefined>;
  /** All tags, or undefined when they can't be had in few requests. */
  askTags(repository: string, options: CallOptions): Promise<ReadonlySet<string> | undefined>;
  /** `once`: it has failed before and is not tried again and again. */
  askManifest(
    repository: string,
    tag: string,
    options: CallOptions & { once: boolean },
  ): Promise<Manifest | undefined>;
}

/**
 * What belongs to the manifests of a repository in a registry. Asking for each signature tag of each child of an index
 * costs a hundred requests an image; one list of tags says which there are. A cache may list but what it has fetched
 * before: the list is believed when it is whole and names the tags that are known to exist; of a mirror, also when it
 * names what the first manifest turns out to have.
 */
export class RemoteAttachments implements Attachments {
  readonly #questions: AttachmentQuestions;
  readonly #repository: string;
  readonly #known: readonly string[];
  #tags: Promise<ReadonlySet<string> | undefined> | undefined;
  /** What the referrers API turned out to be. */
  #api: 'works' | 'absent' | { readonly failure: unknown } = 'works';
  #hasFailed = false;
  readonly #isMirror: boolean;
  /** Beginning of the tags of the manifest that was asked about first. */
  #sample: string | undefined;

  constructor(
    questions: AttachmentQuestions,
    repository: string,
    known: readonly string[],
    isMirror: boolean,
  ) {
    this.#isMirror = isMirror;
    this.#questions = questions;
    this.#repository = repository;
    this.#known = known;
  }

  async referrers(digest: Digest, options: CallOptions = {}): Promise<readonly Descriptor[]> {
    if (this.#api === 'works') {
      const listed = await this.#byApi(digest, options);
      if (listed !== undefined) return listed;
    }
    const tag = referrersTag(digest);
    const manifest = await this.tagged(tag, options);
    // An API that fails may well have what is not under the tag.
    if (manifest === undefined && typeof this.#api === 'object') throw this.#api.failure;
    if (manifest === undefined) return [];
    const listed = referrersIn(manifest);
    // What it lists would be missing from a copy without a word. What is no index is no list of referrers.
    if (listed === undefined && manifest.mediaType === MediaType.index)
      throw contentError('MANIFEST_INVALID', {
        subject: `${this.#repository}:${tag}`,
        detail: 'no list of referrers',
      });
    return listed ?? [];
  }

  async prepare(options: CallOptions = {}): Promise<void> {
    this.#tags ??= this.#listedTags(options);
    await this.#tags;
  }

  async tagged(tag: string, options: CallOptions = {}): Promise<Manifest | undefined> {
    await this.prepare(options);
    const tags = await this.#tags;
    this.#sample ??= tag.split('.')[0] ?? tag;
    const isListed = tags?.has(tag) ?? true;
    if (!isListed && !(this.#isMirror && tag.startsWith(this.#sample))) return undefined;
    try {
      const asked = { ...options, once: this.#hasFailed };
      const manifest = await this.#questions.askManifest(this.#repository, tag, asked);
      if (manifest !== undefined && !isListed) this.#tags = Promise.resolve(undefined);
      return manifest;
    } catch (error) {
      // Many registries refuse what is not there, so that nobody learns what is.
      if ((tags === undefined || !isListed) && isSkerryError(error, 'REGISTRY_DENIED')) return undefined;
      this.#hasFailed = true;
      throw error;
    }
  }

  async isListed(tag: string, options: CallOptions = {}): Promise<boolean> {
    await this.prepare(options);
    return (await this.#tags)?.has(tag) ?? false;
  }

  async #byApi(digest: Digest, options: CallOptions): Promise<Descriptor[] | undefined> {
    try {
      const listed = await this.#questions.askReferrers(this.#repository, digest, options);
      if (listed === undefined) this.#api = 'absent';
      return listed;
    } catch (failure) {
      // Something on the way may cut off whatever it does not know.
      if (!isSkerryError(failure, 'REGISTRY_ERROR') && !isSkerryError(failure, 'REGISTRY_UNREACHABLE'))
        throw failure;
      this.#api = { failure };
      return undefined;
    }
  }

  async #listedTags(options: CallOptions): Promise<ReadonlySet<string> | undefined> {
    const tags = await this.#questions.askTags(this.#repository, options);
    return tags !== undefined && this.#known.every((tag) => tags.has(tag)) ? tags : undefined;
  }
}

import { type Descriptor, DescriptorListSchema } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { tryJson } from '../json.ts';
import { manifestOf } from '../manifest.ts';
import { MediaType } from '../media-type.ts';
import { referrersTag } from '../referrers.ts';
import type { CallOptions, Manifest, TagOrDigest } from '../store.ts';

interface Manifests {
  readManifest(repository: string, tag: TagOrDigest, options: CallOptions): Promise<Manifest | undefined>;
  writeManifest(
    repository: string,
    tag: TagOrDigest,
    manifest: Manifest,
    options: CallOptions,
  ): Promise<void>;
}

/**
 * The list of referrers in a registry that keeps none itself: an index under a tag made of the digest, which clients
 * look after (distribution-spec, "Referrers Tag Schema").
 */
export class ReferrersTags {
  readonly #store: Manifests;
  /** Changes by name, one after the other; against other clients there is no protection, as the specification says. */
  readonly #changes = new Map<string, Promise<void>>();

  constructor(store: Manifests) {
    this.#store = store;
  }

  async list(repository: string, subject: Digest, options: CallOptions): Promise<Descriptor[]> {
    const manifest = await this.#store.readManifest(repository, referrersTag(subject), options);
    if (manifest === undefined) return [];
    const json = tryJson(Buffer.from(manifest.bytes).toString());
    const listed = typeof json === 'object' && json !== null && 'manifests' in json ? json.manifests : [];
    return DescriptorListSchema.safeParse(listed).data ?? [];
  }

  async add(repository: string, subject: Digest, referrer: Descriptor, options: CallOptions): Promise<void> {
    const key = `${repository} ${subject}`;
    const before = this.#changes.get(key) ?? Promise.resolve();
    const change = before.then(() => this.#append(repository, subject, referrer, options));
    const ended = change.catch(() => {});
    this.#changes.set(key, ended);
    try {
      await change;
    } finally {
      if (this.#changes.get(key) === ended) this.#changes.delete(key);
    }
  }

  async #append(repository: string, subject: Digest, referrer: Descriptor, options: CallOptions) {
    const listed = await this.list(repository, subject, options);
    if (listed.some(({ digest }) => digest === referrer.digest)) return;
    const manifests = [...listed, referrer];
    const index = manifestOf(MediaType.index, { schemaVersion: 2, mediaType: MediaType.index, manifests });
    await this.#store.writeManifest(repository, referrersTag(subject), index, options);
  }
}

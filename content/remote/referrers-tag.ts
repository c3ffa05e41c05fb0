import { referrersTag } from '../companion-tag.ts';
import { type Descriptor, DescriptorListSchema } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { contentError } from '../errors.ts';
import { tryJson } from '../json.ts';
import { KeyedMutex } from '../keyed-mutex.ts';
import { manifestOf } from '../manifest.ts';
import { MediaType } from '../media-type.ts';
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
  /** Changes of one list go one after the other; against other clients there is no protection, as the specification says. */
  readonly #changes = new KeyedMutex();

  constructor(store: Manifests) {
    this.#store = store;
  }

  async list(repository: string, subject: Digest, options: CallOptions): Promise<Descriptor[]> {
    const manifest = await this.#store.readManifest(repository, referrersTag(subject), options);
    return manifest === undefined ? [] : (referrersIn(manifest) ?? []);
  }

  async add(repository: string, subject: Digest, referrer: Descriptor, options: CallOptions): Promise<void> {
    await this.#changes.run(`${repository} ${subject}`, () =>
      this.#append(repository, subject, referrer, options),
    );
  }

  async #append(repository: string, subject: Digest, referrer: Descriptor, options: CallOptions) {
    const tag = referrersTag(subject);
    const manifest = await this.#store.readManifest(repository, tag, options);
    const listed = manifest === undefined ? [] : referrersIn(manifest);
    // Written over, what it lists would be lost.
    if (listed === undefined)
      throw contentError('MANIFEST_INVALID', {
        subject: `${repository}:${tag}`,
        detail: 'no list of referrers',
      });
    if (listed.some(({ digest }) => digest === referrer.digest)) return;
    const manifests = [...listed, referrer];
    const index = manifestOf(MediaType.index, { schemaVersion: 2, mediaType: MediaType.index, manifests });
    await this.#store.writeManifest(repository, tag, index, options);
  }
}

/** The list in a manifest under such a tag; undefined when it is none. */
export function referrersIn({ bytes }: Manifest): Descriptor[] | undefined {
  const json = tryJson(Buffer.from(bytes).toString());
  if (typeof json !== 'object' || json === null || !('manifests' in json)) return undefined;
  return json.manifests === null ? [] : DescriptorListSchema.safeParse(json.manifests).data;
}

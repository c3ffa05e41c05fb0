import { z } from 'zod';
import { type Descriptor, DescriptorListSchema } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import type { CallOptions, PageOptions } from '../store.ts';
import type { RegistryClient } from './client.ts';
import { readPages } from './pages.ts';
import { pathOf, pull, pullScope } from './repository-request.ts';

const TagList = z.looseObject({ tags: z.array(z.string()).nullish() });
const Catalog = z.looseObject({ repositories: z.array(z.string()).nullish() });
const ReferrersIndex = z.looseObject({ manifests: DescriptorListSchema.nullish() });
/** What registries answer that have no referrers API: 404, odd ones one of the others. */
const NO_API = [400, 404, 405, 501];
/** Pages of a list of tags that are worth reading, where asking for single tags would do as well. */
const WORTH_PAGES = 5;

/** What a registry lists, page by page. */
export class RemoteLists {
  readonly #client: RegistryClient;

  constructor(client: RegistryClient) {
    this.#client = client;
  }

  async tags(repository: string, options: PageOptions = {}): Promise<string[]> {
    const url = `${pathOf(repository)}/tags/list`;
    return await this.#names(url, pullScope(repository), options, (json) => TagList.parse(json).tags ?? []);
  }

  async repositories(options: PageOptions = {}): Promise<string[]> {
    return await this.#names(
      '/v2/_catalog',
      ['registry:catalog:*'],
      options,
      (json) => Catalog.parse(json).repositories ?? [],
    );
  }

  /** Undefined when the registry has no referrers API. */
  async referrers(
    repository: string,
    digest: Digest,
    { signal }: CallOptions,
  ): Promise<Descriptor[] | undefined> {
    const request = pull('GET', repository, `referrers/${digest}`, signal);
    const read = (json: unknown) => ReferrersIndex.parse(json).manifests ?? [];
    // Refused is what some registries have no API for: what is asked next then tells.
    return await readPages(this.#client, request, read, { absent: NO_API }).catch(unlessDenied);
  }

  /** All tags, or undefined when they can't be had in few requests. */
  async allTags(repository: string, { signal }: CallOptions): Promise<ReadonlySet<string> | undefined> {
    const request = { ...pull('GET', repository, 'tags/list', signal), tries: 2 };
    const read = (json: unknown) => TagList.parse(json).tags ?? [];
    const asked = readPages(this.#client, request, read, { absent: NO_API, maxPages: WORTH_PAGES });
    const tags = await asked.catch((error: unknown) => {
      signal?.throwIfAborted();
      // Without a list each tag is asked for, and if the registry is away, that will tell.
      if (isSkerryError(error) && error.code.startsWith('REGISTRY_')) return undefined;
      throw error;
    });
    return tags && new Set(tags);
  }

  async #names(
    url: string,
    scopes: string[],
    { limit, after, signal }: PageOptions,
    read: (json: unknown) => string[],
  ): Promise<string[]> {
    const query = new URLSearchParams({
      ...(limit === undefined ? {} : { n: String(limit) }),
      ...(after === undefined ? {} : { last: after }),
    });
    const first = query.size > 0 ? `${url}?${query}` : url;
    return (
      (await readPages(this.#client, { method: 'GET', url: first, scopes, signal }, read, { limit })) ?? []
    );
  }
}

function unlessDenied(error: unknown): undefined {
  if (!isSkerryError(error, 'REGISTRY_DENIED')) throw error;
}

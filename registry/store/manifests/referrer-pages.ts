import { z } from 'zod';
import { type Descriptor, DescriptorListSchema } from '../../../content/descriptor.ts';
import type { Digest } from '../../../content/digest.ts';
import type { ReferrersPage, WhichReferrers } from '../../capability.ts';
import type { StoreIndex } from '../index/store-index.ts';
import { Lookups } from './lookups.ts';
import { makeReferrersPage, REFERRERS_ROOM } from './referrers-page.ts';

type Source = Pick<StoreIndex, 'referrers' | 'revision'>;

/**
 * Lists of referrers, a page at a time: an image may have thousands, each of them with annotations of megabytes. Pages
 * that were asked for lately are kept, as every node of a cluster asks for the same ones.
 */
export class ReferrerPages {
  readonly #index: Source;
  readonly #kept: Lookups<ReferrersPage>;

  constructor(index: Source) {
    this.#index = index;
    this.#kept = new Lookups(
      index,
      CACHE_BYTES,
      (page, key) => page.index.byteLength + 2 * key.length + ENTRY_BYTES,
    );
  }

  /** Manifests of a repository whose subject is `digest`. */
  page(repository: string, digest: Digest, which: WhichReferrers): ReferrersPage {
    const { artifactType = '', after = '' } = which;
    return this.#kept.find(`${repository}@${digest}@${after} ${artifactType}`, () =>
      this.#read(repository, digest, which),
    );
  }

  /** All of them, for callers that have the memory. */
  list(repository: string, digest: Digest): Descriptor[] {
    const all: Descriptor[] = [];
    let after: string | undefined;
    do {
      const { index, next } = this.#read(repository, digest, { after });
      for (const entry of Index.parse(JSON.parse(index.toString())).manifests) all.push(entry);
      after = next;
    } while (after !== undefined);
    return all;
  }

  #read(repository: string, digest: Digest, which: WhichReferrers): ReferrersPage {
    const { json, next } = this.#index.referrers({ repository, digest, ...which, room: REFERRERS_ROOM });
    return makeReferrersPage(json, next);
  }
}

const CACHE_BYTES = 16 * 1024 * 1024;
/** What an entry costs besides its bytes, roughly. */
const ENTRY_BYTES = 500;
const Index = z.object({ manifests: DescriptorListSchema });

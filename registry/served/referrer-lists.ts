import { type Descriptor, DescriptorSchema } from '../../content/descriptor.ts';
import type { Digest } from '../../content/digest.ts';
import { tryJson } from '../../content/json.ts';
import { Lookups } from './lookups.ts';
import type { StoreIndex } from './store-index.ts';

/** Descriptors that are kept, at most. */
const MOST = 5000;

/** Lists of referrers that were asked for lately: an image may have thousands, and every node asks for the same ones. */
export class ReferrerLists {
  readonly #index: Pick<StoreIndex, 'referrers' | 'revision'>;
  readonly #lists: Lookups<readonly Descriptor[]>;
  readonly #parsed = new Map<string, Descriptor>();

  constructor(index: Pick<StoreIndex, 'referrers' | 'revision'>) {
    this.#index = index;
    this.#lists = new Lookups(index, MOST);
  }

  /** Descriptors of the manifests of a repository whose subject is `digest`. */
  list(repository: string, digest: Digest): readonly Descriptor[] {
    const read = () => this.#index.referrers(repository, digest).flatMap((text) => this.#parse(text) ?? []);
    return this.#lists.find(`${repository}@${digest}`, read) ?? [];
  }

  // What the same text says stays the same, also when something else has changed.
  #parse(text: string): Descriptor | undefined {
    const known = this.#parsed.get(text);
    if (known !== undefined) return known;
    const descriptor = DescriptorSchema.safeParse(tryJson(text)).data;
    if (descriptor === undefined) return undefined;
    if (this.#parsed.size >= MOST) {
      this.#parsed.clear();
      this.#lists.clear();
    }
    this.#parsed.set(text, descriptor);
    return descriptor;
  }
}

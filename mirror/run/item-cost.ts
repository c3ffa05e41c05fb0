import type { MirrorItem } from '../../content/copy/copy-items.ts';
import { planCopy, type SparseChoice } from '../../content/copy/copy-plan.ts';
import type { Digest } from '../../content/digest.ts';
import type { CallOptions, Store } from '../../content/store.ts';

export interface ItemCost {
  /** Bytes of blobs that the target lacks; what another item brings already is not counted again. */
  readonly bytes: number;
  readonly blobs: number;
  readonly manifests: number;
}

/** What changes bring to a target, each blob and manifest once. Memory follows the number of blobs, not of bytes. */
export class PlannedBlobs {
  readonly #seen = new Set<string>();
  blobs = 0;
  bytes = 0;
  /** Blobs for which the target was asked. */
  asked = 0;

  async costOf(
    { to, ...item }: MirrorItem,
    source: Store,
    target: Store,
    options: CallOptions & { readonly sparse?: SparseChoice | undefined },
  ): Promise<ItemCost> {
    const plan = await planCopy(source, [item], { ...options, referrers: item.referrers });
    const repository = to?.repository ?? item.repository;
    const cost = { bytes: 0, blobs: 0, manifests: 0 };
    for (const { manifest } of plan.manifests) {
      if (!this.#isNew(repository, manifest.digest)) continue;
      cost.manifests++;
    }
    for (const { descriptor } of plan.blobs) {
      if (!this.#isNew('', descriptor.digest)) continue;
      this.asked++;
      if ((await target.statBlob(repository, descriptor.digest, options)) === descriptor.size) continue;
      cost.blobs++;
      cost.bytes += descriptor.size;
    }
    this.blobs += cost.blobs;
    this.bytes += cost.bytes;
    return cost;
  }

  /** Whether a change brings this, or finds it at the target. */
  has(digest: Digest): boolean {
    return this.#seen.has(`@${digest}`);
  }

  #isNew(repository: string, digest: Digest): boolean {
    const key = `${repository}@${digest}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }
}

import type { Digest } from '../digest.ts';
import { contentError } from '../errors.ts';
import type { CallOptions, Store } from '../store.ts';
import type { CopyPlan } from './copy-plan.ts';
import { holdsBlob } from './held-blob.ts';

/**
 * Sees that one of the stores has each blob of a plan, before it becomes part of what is written as one: there, a layer
 * that is gone would fail with all images, rather than with its own. `checked`: blobs that need not be asked for.
 * Throws CONTENT_NOT_FOUND.
 */
export async function requireBlobs(
  { blobs }: CopyPlan,
  stores: readonly Store[],
  checked: Set<Digest>,
  options: CallOptions,
): Promise<void> {
  for (const { descriptor, repositories } of blobs) {
    const { digest } = descriptor;
    const [repository = ''] = repositories;
    let isHeld = checked.has(digest);
    for (const store of stores) isHeld ||= await holdsBlob(store, repository, descriptor, options);
    if (!isHeld)
      throw contentError('CONTENT_NOT_FOUND', {
        subject: `${repository}@${digest}`,
        detail: stores.map(({ name }) => name).join(', '),
      });
    checked.add(digest);
  }
}

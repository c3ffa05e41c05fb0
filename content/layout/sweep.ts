import type { Digest } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { parseManifest } from '../manifest.ts';
import { isManifestType } from '../media-type.ts';
import type { CallOptions, Manifest } from '../store.ts';

type Read = (digest: Digest) => Promise<Manifest | undefined>;

/**
 * Of all that deleted manifests lead to, what no entry of the index leads to any more. Nothing else is ever found: what
 * a layout has without a name may be somebody's.
 */
export async function unreachable(
  deleted: Iterable<Digest>,
  kept: Iterable<Digest>,
  read: Read,
  options: CallOptions = {},
): Promise<Set<Digest>> {
  const candidates = await reach(deleted, read, options);
  if (candidates.size === 0) return candidates;
  const held = await reach(kept, read, options);
  return candidates.difference(held);
}

async function reach(from: Iterable<Digest>, read: Read, { signal }: CallOptions): Promise<Set<Digest>> {
  const reached = new Set<Digest>();
  const queue = [...from];
  for (let digest = queue.pop(); digest !== undefined; digest = queue.pop()) {
    signal?.throwIfAborted();
    if (reached.has(digest)) continue;
    reached.add(digest);
    const manifest = await read(digest);
    const content = manifest && contentOf(manifest);
    for (const { digest: blob } of content?.blobs ?? []) reached.add(blob);
    for (const child of content?.manifests ?? [])
      if (isManifestType(child.mediaType)) queue.push(child.digest);
      else reached.add(child.digest);
  }
  return reached;
}

// An index may name things of any kind; what is no manifest leads nowhere.
function contentOf(manifest: Manifest) {
  try {
    return parseManifest(manifest, manifest.digest);
  } catch (error) {
    if (isSkerryError(error, 'MANIFEST_INVALID')) return undefined;
    throw error;
  }
}

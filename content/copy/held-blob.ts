import type { Descriptor } from '../descriptor.ts';
import { isSkerryError } from '../error.ts';
import type { CallOptions, Store } from '../store.ts';

/** Whether a store has a blob, as far as it can be told without reading it. */
export async function holdsBlob(
  from: Store,
  repository: string,
  { digest, size }: Descriptor,
  { signal }: CallOptions,
): Promise<boolean> {
  const held = await from.statBlob(repository, digest, { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    // A signed address, to which blobs are often redirected, may be good for GET alone.
    if (!isSkerryError(error, 'REGISTRY_DENIED') && !isSkerryError(error, 'REGISTRY_ERROR')) throw error;
    return undefined;
  });
  if (held !== undefined) return true;
  // Some registries answer HEAD without saying how large a blob is.
  const reader = await from.readBlob(repository, digest, { signal, length: Math.min(1, size), size });
  if (reader === undefined) return false;
  for await (const _ of reader.stream) break;
  return true;
}

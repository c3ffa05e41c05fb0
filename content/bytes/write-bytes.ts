import type { Descriptor } from '../descriptor.ts';
import { digestOf } from '../digest.ts';
import type { CallOptions, ContentSink } from '../store.ts';
import { oneChunk } from './one-chunk.ts';

/** Keeps bytes that are at hand as a blob, and gives its descriptor. Throws as ContentSink.writeBlob. */
export async function writeBytes(
  sink: ContentSink,
  repository: string,
  mediaType: string,
  bytes: Uint8Array,
  options: CallOptions = {},
): Promise<Descriptor> {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
  await sink.writeBlob(repository, descriptor, async (offset) => oneChunk(bytes.subarray(offset)), options);
  return descriptor;
}

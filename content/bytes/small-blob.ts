import type { Descriptor } from '../descriptor.ts';
import { DigestChecker } from '../digest.ts';
import { contentError } from '../errors.ts';
import type { CallOptions, Store } from '../store.ts';

/** A blob that is read into memory is a config or a statement; nothing honest of that kind is larger. */
export const MAX_SMALL_BLOB_BYTES = 16 * 1024 * 1024;

/** Reads a whole small blob and compares its digest. Throws CONTENT_NOT_FOUND, DIGEST_MISMATCH, SIZE_MISMATCH. */
export async function readSmallBlob(
  store: Store,
  repository: string,
  descriptor: Descriptor,
  options: CallOptions = {},
): Promise<Buffer> {
  const subject = `${repository}@${descriptor.digest}`;
  if (descriptor.size > MAX_SMALL_BLOB_BYTES)
    throw contentError('SIZE_MISMATCH', { subject, detail: `more than ${MAX_SMALL_BLOB_BYTES} bytes` });
  const reader = await store.readBlob(repository, descriptor.digest, options);
  if (reader === undefined) throw contentError('CONTENT_NOT_FOUND', { subject, detail: store.name });
  const checker = new DigestChecker(descriptor.digest);
  const chunks: Uint8Array[] = [];
  for await (const chunk of reader.stream) {
    checker.update(chunk);
    if (checker.size > descriptor.size) break;
    chunks.push(chunk);
  }
  checker.finish(subject, descriptor.size);
  return Buffer.concat(chunks);
}

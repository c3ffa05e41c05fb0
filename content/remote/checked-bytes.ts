import type { Descriptor } from '../descriptor.ts';
import type { DigestChecker } from '../digest.ts';
import { contentError } from '../errors.ts';
import type { BlobSource } from '../store.ts';

/**
 * Passes bytes on while hashing those that were not hashed in an earlier try. The last ones go only when the digest is
 * right: a registry never gets all of a wrong blob. Without a checker they are counted alone.
 */
export async function* checkedBytes(
  source: BlobSource,
  offset: number,
  checker: DigestChecker | undefined,
  { digest, size }: Descriptor,
): AsyncGenerator<Uint8Array> {
  let position = offset;
  for await (const chunk of await source(offset)) {
    const known = checker === undefined ? chunk.byteLength : Math.max(0, checker.size - position);
    position += chunk.byteLength;
    if (position > size)
      throw contentError('SIZE_MISMATCH', { subject: digest, detail: `more than ${size} bytes` });
    if (checker !== undefined && known < chunk.byteLength) {
      checker.update(chunk.subarray(known));
      if (position === size) checker.finish(digest, size);
    }
    yield chunk;
  }
  if (position < size)
    throw contentError('SIZE_MISMATCH', { subject: digest, detail: `${position} of ${size} bytes` });
}

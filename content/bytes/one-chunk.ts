/** Bytes that are at hand, as a stream: one chunk, or none where there are no bytes. */
export async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes;
}

/**
 * Files one after the other in one. Node looks at each file that an executable carries whenever it starts, and memory
 * that has been looked at counts: of this one it sees the beginning.
 */
export function pack(files: ReadonlyMap<string, Uint8Array>): Buffer {
  let at = 0;
  const places = Object.fromEntries(
    [...files].map(([name, { byteLength }]) => {
      const place: Place = [at, byteLength];
      at += byteLength;
      return [name, place];
    }),
  );
  const head = Buffer.from(JSON.stringify(places));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(head.byteLength);
  return Buffer.concat([size, head, ...files.values()]);
}

/** Offset behind the head, and bytes. */
type Place = [number, number];

/** Finds the bytes of a file in what `pack` made. */
export function unpack(packed: Buffer): (name: string) => Buffer {
  const start = 4 + packed.readUInt32LE(0);
  const places: Record<string, Place> = JSON.parse(packed.toString('utf8', 4, start));
  return (name) => {
    const [at, size] = places[name] ?? [0, 0];
    return packed.subarray(start + at, start + at + size);
  };
}

/** What a disk keeps in one piece. */
const PAGE = 4096;

export type Random = () => number;

/**
 * A file as its writer sees it and as the disk has it. Between the two are pages that were written and not synced: a
 * power cut keeps any of them, and a sync that failed gives them up for good though everyone still reads them.
 */
export class DiskFile {
  #bytes: Buffer;
  #size: number;
  #durable: Buffer;
  #dirty = new Set<number>();
  #syncing = new Map<object, { pages: Map<number, Buffer>; size: number }>();

  constructor(bytes: Buffer = Buffer.alloc(0)) {
    this.#bytes = Buffer.from(bytes);
    this.#size = bytes.byteLength;
    this.#durable = Buffer.from(bytes);
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.byteLength;
    if (end > this.#bytes.byteLength)
      this.#bytes = grown(this.#bytes, Math.max(end, 2 * this.#bytes.byteLength));
    this.#bytes.set(bytes, position);
    this.#size = Math.max(this.#size, end);
    for (let page = Math.floor(position / PAGE); page * PAGE < end; page++) this.#dirty.add(page);
  }

  truncate(size: number): void {
    this.#bytes = grown(this.#bytes, size);
    this.#bytes.fill(0, size);
    this.#size = size;
    for (const page of this.#dirty) if (page * PAGE >= size) this.#dirty.delete(page);
  }

  /** What was written before this moment is durable when the sync has ended well. */
  beginSync(): (ok: boolean) => void {
    const pages = new Map([...this.#dirty].map((page) => [page, this.#page(this.#bytes, page)]));
    const sync = { pages, size: this.#size };
    const key = {};
    this.#dirty.clear();
    this.#syncing.set(key, sync);
    return (ok) => {
      this.#syncing.delete(key);
      if (!ok) return;
      this.#durable = Buffer.from(grown(this.#durable, sync.size).subarray(0, sync.size));
      for (const [page, bytes] of pages)
        this.#durable.set(bytes.subarray(0, sync.size - page * PAGE), page * PAGE);
    };
  }

  /** What a power cut at this moment leaves. */
  cut(random: Random): Buffer {
    const [low, high] = [
      Math.min(this.#durable.byteLength, this.#size),
      Math.max(this.#durable.byteLength, this.#size),
    ];
    const chance = random();
    const size =
      chance < 0.4
        ? this.#durable.byteLength
        : chance < 0.8
          ? this.#size
          : low + Math.floor(random() * (high - low));
    let left: Buffer = Buffer.from(grown(this.#durable, high));
    for (const { pages } of this.#syncing.values())
      for (const [page, bytes] of pages) if (random() < 0.5) left = patched(left, page, bytes);
    for (const page of this.#dirty)
      if (random() < 0.5) left = patched(left, page, this.#page(this.#bytes, page));
    return grown(left, size).subarray(0, size);
  }

  #page(bytes: Buffer, page: number): Buffer {
    return Buffer.from(bytes.subarray(page * PAGE, Math.min((page + 1) * PAGE, this.#size)));
  }
}

function patched(bytes: Buffer, page: number, content: Buffer): Buffer {
  const result = grown(bytes, page * PAGE + content.byteLength);
  result.set(content, page * PAGE);
  return result;
}

function grown(bytes: Buffer, size: number): Buffer {
  return size <= bytes.byteLength ? bytes : Buffer.concat([bytes, Buffer.alloc(size - bytes.byteLength)]);
}

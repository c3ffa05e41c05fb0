import { z } from 'zod';
import { DigestSchema } from '../content/descriptor.ts';
import { algorithmOf, type Digest, hexOf } from '../content/digest.ts';
import { OCI_LAYOUT_FILE } from '../content/layout-index.ts';
import { BLOCK_BYTES, paddedSize } from './tar-header.ts';

/** The file behind `index.json` that lists every blob in the order of the tar: opening costs what it costs to read it. */
export const TABLE_FILE = 'table.json';

export interface TableEntry {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** Where a blob stands in the tar: offsets of its header and of its first byte. */
export interface Place extends TableEntry {
  readonly header: number;
  readonly start: number;
}

/** A bundle as it lies in the tar: the files at its front, then the blobs, then two empty blocks. */
export interface Arrangement {
  readonly front: readonly {
    readonly name: string;
    readonly text: string;
    readonly header: number;
    readonly start: number;
  }[];
  readonly places: readonly Place[];
  /** Bytes of the whole tar. */
  readonly size: number;
}

const TableJson = z.strictObject({
  version: z.literal(1),
  blobs: z.array(z.tuple([DigestSchema, z.int().nonnegative()])),
});

export function formatTable(entries: readonly TableEntry[]): string {
  return JSON.stringify({ version: 1, blobs: entries.map(({ digest, size }) => [digest, size]) });
}

/** Undefined when the text is not a table. */
export function parseTable(text: string): TableEntry[] | undefined {
  try {
    return TableJson.parse(JSON.parse(text)).blobs.map(([digest, size]) => ({ digest, size }));
  } catch {
    return undefined;
  }
}

/** Everything about the tar follows from what is in it, before a byte of content has come. */
export function arrange(indexJson: string, entries: readonly TableEntry[]): Arrangement {
  let offset = 0;
  const next = (size: number) => {
    const header = offset;
    offset += BLOCK_BYTES + paddedSize(size);
    return { header, start: header + BLOCK_BYTES };
  };
  const files = [
    { name: 'oci-layout', text: OCI_LAYOUT_FILE },
    { name: 'index.json', text: indexJson },
    { name: TABLE_FILE, text: formatTable(entries) },
  ];
  const front = files.map((file) => ({ ...file, ...next(Buffer.byteLength(file.text)) }));
  const places = entries.map((entry) => ({ ...entry, ...next(entry.size) }));
  return { front, places, size: offset + 2 * BLOCK_BYTES };
}

export function blobName(digest: Digest): string {
  return `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
}

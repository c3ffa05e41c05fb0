import { z } from 'zod';
import { algorithmOf, type Digest, hexOf, isDigest } from '../../content/digest.ts';
import { tryJson } from '../../content/json.ts';
import { OCI_LAYOUT_FILE } from '../../content/layout/layout-index.ts';
import { bundleError } from '../errors.ts';
import { BLOCK_BYTES, END_BYTES, paddedSize } from './tar-header.ts';

/** The file behind `index.json` that lists every blob in the order of the tar: opening costs what it costs to read it. */
export const TABLE_FILE = 'table.json';

export interface TableEntry {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** Where a blob stands in the tar, or a piece of it: offsets of its header and of its first byte. */
export interface Place extends TableEntry {
  readonly header: number;
  readonly start: number;
  /** Where these bytes are some of the blob: which, and of how many. `size` is that of the piece. */
  readonly piece?: { readonly offset: number; readonly of: number } | undefined;
}

interface FrontFile {
  readonly name: string;
  readonly text: string;
  readonly header: number;
  readonly start: number;
}

/** A bundle as it lies in the tar, or one volume of it: the files at its front, then the blobs, then two empty blocks. */
export interface Arrangement {
  readonly front: readonly FrontFile[];
  readonly places: readonly Place[];
  /** The file behind the blobs that says the digests of the pieces; undefined where there is none. */
  readonly tail?: { readonly header: number; readonly start: number; readonly size: number } | undefined;
  /** Bytes of the whole tar. */
  readonly size: number;
}

const TableJson = z.strictObject({ version: z.literal(1), blobs: z.array(z.unknown()) });

export function formatTable(entries: readonly TableEntry[]): string {
  return JSON.stringify({ version: 1, blobs: entries.map(({ digest, size }) => [digest, size]) });
}

/** Undefined when the text is not a table. */
export function parseTable(text: string): TableEntry[] | undefined {
  const table = TableJson.safeParse(tryJson(text));
  if (!table.success) return undefined;
  const entries: TableEntry[] = [];
  for (const row of table.data.blobs) {
    // Row by row: of a large file that is no table, the first row is enough.
    const entry = toEntry(row);
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  return entries;
}

function toEntry(row: unknown): TableEntry | undefined {
  if (!Array.isArray(row) || row.length !== 2) return undefined;
  const [digest, size]: unknown[] = row;
  if (typeof digest !== 'string' || !isDigest(digest)) return undefined;
  return typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? { digest, size } : undefined;
}

/**
 * Everything about the tar follows from what is in it, before a byte of content has come. Throws DIGEST_UNSUPPORTED.
 */
export function arrange(indexJson: string, entries: readonly TableEntry[]): Arrangement {
  checkEntries(entries);
  const tar = new TarOffsets();
  const files = [
    { name: 'oci-layout', text: OCI_LAYOUT_FILE },
    { name: 'index.json', text: indexJson },
    { name: TABLE_FILE, text: formatTable(entries) },
  ];
  const front = files.map((file) => ({ ...file, ...tar.next(Buffer.byteLength(file.text)) }));
  const places = entries.map((entry) => ({ ...entry, ...tar.next(entry.size) }));
  return { front, places, size: tar.end() };
}

/** Throws DIGEST_UNSUPPORTED. */
export function checkEntries(entries: readonly TableEntry[]): void {
  // The name of a SHA-512 blob does not fit a header, of which there is one of one form.
  for (const { digest } of entries)
    if (algorithmOf(digest) !== 'sha256') throw bundleError('DIGEST_UNSUPPORTED', { subject: digest });
}

/** The offsets of files in a tar, one behind the other. */
export class TarOffsets {
  #offset = 0;

  next(size: number): { readonly header: number; readonly start: number } {
    const header = this.#offset;
    this.#offset += BLOCK_BYTES + paddedSize(size);
    return { header, start: header + BLOCK_BYTES };
  }

  /** Bytes of a tar that ends here. */
  end(): number {
    return this.#offset + END_BYTES;
  }
}

export function blobName(digest: Digest): string {
  return `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
}

/** The name that stands in the header of a place. */
export function placeName({ digest, piece }: Place): string {
  if (piece === undefined) return blobName(digest);
  return `pieces/${algorithmOf(digest)}/${hexOf(digest)}-${piece.offset}`;
}

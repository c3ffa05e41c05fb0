import { algorithmOf, type Digest, isDigest } from '../../content/digest.ts';
import { dockerArchive } from '../../content/layout/layout.ts';
import { MAX_INDEX_BYTES } from '../../content/layout/layout-index.ts';
import { bundleError } from '../errors.ts';
import { parseMark, VOLUME_FILE, type VolumeMark } from '../volume/volume-mark.ts';
import type { RandomAccessFile } from './file.ts';
import { type Place, parseTable, TABLE_FILE } from './table.ts';
import { BLOCK_BYTES, paddedSize, parseHeader } from './tar-header.ts';

/** More files than this are not looked for in a tar without a table: each costs memory. */
const MAX_ENTRIES = 1_000_000;
const FRONT_FILES = ['oci-layout', 'index.json', 'manifest.json', VOLUME_FILE, TABLE_FILE];
const BLOB_NAME = /^(?:\.\/)?blobs\/(sha256|sha512)\/([0-9a-f]+)$/;

/** The texts at the front of a bundle. */
export interface BundleFront {
  readonly index: string;
  readonly table: string | undefined;
  readonly mark: VolumeMark | undefined;
}

interface Front extends BundleFront {
  readonly layout: string;
  readonly places: Place[];
}

/** Reads what stands before the blobs; all headers where there is no table. Throws BUNDLE_TRUNCATED, BUNDLE_CORRUPT, LAYOUT_INVALID. */
export async function readFront(file: RandomAccessFile): Promise<Front> {
  const texts = new Map<string, string>();
  const places: Place[] = [];
  let offset = 0;
  for (let count = 0; offset + BLOCK_BYTES <= file.size; count++) {
    if (count > MAX_ENTRIES) {
      const detail = `more than ${MAX_ENTRIES} files in it`;
      throw bundleError('BUNDLE_CORRUPT', { subject: file.path, detail });
    }
    const block = await file.read(offset, BLOCK_BYTES);
    const entry = parseHeader(block);
    if (entry === undefined && count === 0 && block.some((byte) => byte !== 0)) throw noTar(file.path, block);
    if (entry === undefined) break;
    const start = offset + BLOCK_BYTES;
    await visit(file, entry, { header: offset, start }, texts, places);
    offset = start + paddedSize(entry.size);
    const table = texts.get(TABLE_FILE);
    if (table !== undefined) {
      const mark = markOf(file, texts.get(VOLUME_FILE));
      const known = mark === undefined ? placesFromTable(file, table, offset) : [];
      return { ...filesOf(file, texts), table, mark, places: known };
    }
  }
  return { ...filesOf(file, texts), table: undefined, mark: undefined, places };
}

function noTar(subject: string, start: Buffer) {
  const packed = COMPRESSIONS.find(({ magic }) => start.subarray(0, magic.byteLength).equals(magic));
  if (packed === undefined) return bundleError('BUNDLE_CORRUPT', { subject, detail: 'it is not a tar' });
  const { program } = packed;
  return bundleError('BUNDLE_CORRUPT', {
    subject,
    detail: `it is compressed with ${program}, and is read in place`,
    remedy: `Unpack it with ${program} -d first.`,
  });
}

const COMPRESSIONS = [
  { program: 'gzip', magic: Buffer.from([0x1f, 0x8b]) },
  { program: 'zstd', magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) },
  { program: 'xz', magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]) },
];

async function visit(
  file: RandomAccessFile,
  entry: { name: string; size: number; type: string },
  at: { header: number; start: number },
  texts: Map<string, string>,
  places: Place[],
): Promise<void> {
  const name = entry.name.replace(/^\.\//, '');
  const digest = nameToDigest(name);
  if (entry.type === '0' && digest !== undefined) places.push({ digest, size: entry.size, ...at });
  if (entry.type !== '0' || !FRONT_FILES.includes(name)) return;
  if (entry.size > MAX_INDEX_BYTES) {
    throw bundleError('BUNDLE_CORRUPT', {
      subject: file.path,
      detail: `${name} says it has ${entry.size} bytes`,
    });
  }
  texts.set(name, (await file.read(at.start, entry.size)).toString('utf8'));
}

function markOf({ path }: RandomAccessFile, text: string | undefined): VolumeMark | undefined {
  const mark = text === undefined ? undefined : parseMark(text);
  if (text === undefined || mark !== undefined) return mark;
  throw bundleError('BUNDLE_CORRUPT', { subject: path, detail: `${VOLUME_FILE} is damaged` });
}

function filesOf(file: RandomAccessFile, texts: Map<string, string>): { layout: string; index: string } {
  const layout = texts.get('oci-layout');
  const index = texts.get('index.json');
  if (layout !== undefined && index !== undefined) return { layout, index };
  if (texts.has('manifest.json')) throw dockerArchive(file.path);
  if (file.size < 3 * BLOCK_BYTES)
    throw bundleError('BUNDLE_TRUNCATED', { subject: file.path, detail: `${file.size} bytes` });
  throw bundleError('BUNDLE_CORRUPT', { subject: file.path, detail: 'no oci-layout and index.json in it' });
}

function placesFromTable(file: RandomAccessFile, text: string, first: number): Place[] {
  const entries = parseTable(text);
  if (entries === undefined)
    throw bundleError('BUNDLE_CORRUPT', { subject: file.path, detail: `${TABLE_FILE} is damaged` });
  let header = first;
  return entries.map((entry) => {
    const place = { ...entry, header, start: header + BLOCK_BYTES };
    header = place.start + paddedSize(entry.size);
    return place;
  });
}

/** The digest of a blob by its name in a tar; undefined for any other name. */
export function nameToDigest(name: string): Digest | undefined {
  const [, algorithm, hex] = BLOB_NAME.exec(name) ?? [];
  const digest = `${algorithm}:${hex}`;
  return isDigest(digest) && algorithmOf(digest) === algorithm ? digest : undefined;
}

import type { FileEntry } from './file-tree.ts';

const BLOCK = 512;
/** tar is written in records of 20 blocks (POSIX pax, "ustar Interchange Format"). */
const RECORD = 20 * BLOCK;
const MAX_OCTAL_SIZE = 0o77777777777;

/**
 * Writes a tar whose bytes depend on the entries alone: ustar headers, modification time 0, numeric owners without
 * names. A pax header appears only where ustar has no room for a path or a size.
 */
export async function* tarStream(entries: Iterable<FileEntry>): AsyncGenerator<Uint8Array> {
  let written = 0;
  for (const entry of entries) {
    const headers = headersOf(entry);
    yield headers;
    written += headers.byteLength;
    if (entry.type !== 'file') continue;
    yield* entry.content.read();
    const padding = paddingOf(entry.content.size, BLOCK);
    if (padding > 0) yield Buffer.alloc(padding);
    written += entry.content.size + padding;
  }
  const end = 2 * BLOCK;
  yield Buffer.alloc(end + paddingOf(written + end, RECORD));
}

function headersOf(entry: FileEntry): Buffer {
  const path = entry.type === 'directory' ? `${entry.path}/` : entry.path;
  const target = entry.type === 'symlink' ? entry.target : '';
  const size = entry.type === 'file' ? entry.content.size : 0;
  const split = splitPath(path);
  const extra: [string, string][] = [];
  if (split === undefined) extra.push(['path', path]);
  if (!fits(target, 100)) extra.push(['linkpath', target]);
  if (size > MAX_OCTAL_SIZE) extra.push(['size', String(size)]);

  const header = ustar({
    ...(split ?? { prefix: '', name: shorten(path) }),
    typeflag: TYPEFLAG[entry.type],
    mode: entry.type === 'symlink' ? 0o777 : entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    size: size > MAX_OCTAL_SIZE ? 0 : size,
    linkname: fits(target, 100) ? target : shorten(target),
  });
  return extra.length === 0 ? header : Buffer.concat([paxHeader(path, extra), header]);
}

const TYPEFLAG = { file: '0', symlink: '2', directory: '5' } as const;

interface Ustar {
  readonly prefix: string;
  readonly name: string;
  readonly typeflag: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly linkname: string;
}

// POSIX pax, "ustar Interchange Format": offsets and widths of the header's fields.
function ustar(fields: Ustar): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(fields.name, 0, 100);
  octal(block, fields.mode, 100, 8);
  octal(block, fields.uid, 108, 8);
  octal(block, fields.gid, 116, 8);
  octal(block, fields.size, 124, 12);
  octal(block, 0, 136, 12);
  block.fill(' ', 148, 156);
  block.write(fields.typeflag, 156, 1);
  block.write(fields.linkname, 157, 100);
  block.write('ustar\0', 257, 6, 'latin1');
  block.write('00', 263, 2);
  octal(block, 0, 329, 8);
  octal(block, 0, 337, 8);
  block.write(fields.prefix, 345, 155);
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  return block;
}

function octal(block: Buffer, value: number, offset: number, width: number): void {
  block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset, width);
}

/** POSIX pax, "pax Header Block": a file of `LENGTH KEY=VALUE` lines before the entry that they are about. */
function paxHeader(path: string, records: readonly [string, string][]): Buffer {
  const body = Buffer.from(records.map(([key, value]) => paxRecord(key, value)).join(''));
  const name = shorten(`PaxHeaders/${path.replace(/\/$/, '').split('/').at(-1) ?? ''}`);
  const header = ustar({
    prefix: '',
    name,
    typeflag: 'x',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: body.byteLength,
    linkname: '',
  });
  return Buffer.concat([header, body, Buffer.alloc(paddingOf(body.byteLength, BLOCK))]);
}

// The length counts its own digits.
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

/** Cuts a path at a slash into the header's prefix and name, or undefined where it does not fit. */
function splitPath(path: string): { prefix: string; name: string } | undefined {
  if (fits(path, 100)) return { prefix: '', name: path };
  if (!isAscii(path)) return undefined;
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    const name = path.slice(slash + 1);
    if (slash <= 155 && name.length <= 100 && name !== '') return { prefix: path.slice(0, slash), name };
  }
  return undefined;
}

function fits(text: string, width: number): boolean {
  return isAscii(text) && text.length <= width;
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function shorten(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '_').slice(0, 100);
}

function paddingOf(size: number, unit: number): number {
  return (unit - (size % unit)) % unit;
}

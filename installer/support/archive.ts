import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import type { SupportFile } from './collect.ts';

const BLOCK = 512;
const LONG_NAME = 100;

/** A tar.gz of files under one folder: the same files give the same bytes on any machine at any time. */
export function packArchive(folder: string, files: readonly SupportFile[]): Buffer {
  const blocks = files.flatMap(({ path, bytes }) => entry(`${folder}/${path}`, bytes));
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]));
}

function entry(path: string, bytes: Buffer): Buffer[] {
  // A pax header gives a longer name to the file behind it (POSIX.1-2001, pax, "Extended Header").
  const isLong = Buffer.byteLength(path) > LONG_NAME;
  const before = isLong ? part('pax', 'ExtendedHeader', Buffer.from(paxRecord('path', path))) : [];
  return [...before, ...part(isLong ? path.slice(0, LONG_NAME) : path, 'File', bytes)];
}

function part(path: string, type: 'File' | 'ExtendedHeader', bytes: Buffer): Buffer[] {
  const header = new Header({
    path,
    type,
    size: bytes.length,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: new Date(0),
  });
  const block = Buffer.alloc(BLOCK);
  header.encode(block, 0);
  return [block, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)];
}

// `LENGTH path=…\n`, where the length counts its own digits.
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bare = Buffer.byteLength(rest);
  const length = bare + String(bare + String(bare).length).length;
  return `${length}${rest}`;
}

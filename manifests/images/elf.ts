import { open } from 'node:fs/promises';

/** What a program or shared library asks of the dynamic linker. */
export interface Linkage {
  /** Names of the shared libraries that it needs, as `libc.so.6`. */
  readonly needed: readonly string[];
  /** Path of the dynamic linker, where the file names one. */
  readonly interpreter?: string | undefined;
}

type Read = (offset: number, length: number) => Promise<Buffer>;

/** Reads the linkage of a file; undefined for anything that is not a 64-bit little-endian ELF file. */
export async function linkageOf(path: string): Promise<Linkage | undefined> {
  await using file = await open(path, 'r');
  return await readLinkage(async (offset, length) => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  });
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_STRSZ = 10;
const MAX_TABLE = 16 * 1024 * 1024;

// System V gABI, chapters 4 (ELF header) and 5 (program header, dynamic section).
async function readLinkage(read: Read): Promise<Linkage | undefined> {
  const header = await read(0, 64);
  if (header.byteLength < 64 || header.readUInt32BE(0) !== 0x7f454c46) return undefined;
  if (header.readUInt8(4) !== 2 || header.readUInt8(5) !== 1) return undefined;
  const segments = await readSegments(read, header);
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  const interp = segments.find(({ type }) => type === PT_INTERP);
  return {
    needed: dynamic === undefined ? [] : await readNeeded(read, segments, dynamic),
    interpreter: interp && cString(await read(interp.offset, interp.size), 0),
  };
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

async function readSegments(read: Read, header: Buffer): Promise<Segment[]> {
  const entrySize = header.readUInt16LE(54);
  const count = header.readUInt16LE(56);
  const table = await read(Number(header.readBigUInt64LE(32)), entrySize * count);
  return Array.from({ length: count }, (_, index) => {
    const entry = table.subarray(index * entrySize, (index + 1) * entrySize);
    return {
      type: entry.readUInt32LE(0),
      offset: Number(entry.readBigUInt64LE(8)),
      address: Number(entry.readBigUInt64LE(16)),
      size: Number(entry.readBigUInt64LE(32)),
    };
  });
}

async function readNeeded(read: Read, segments: readonly Segment[], dynamic: Segment): Promise<string[]> {
  const table = await read(dynamic.offset, Math.min(dynamic.size, MAX_TABLE));
  const values = (tag: number) => dynamicValues(table, tag);
  const address = values(DT_STRTAB)[0];
  const size = values(DT_STRSZ)[0];
  if (address === undefined || size === undefined) return [];
  const load = segments.find(
    (segment) =>
      segment.type === PT_LOAD && address >= segment.address && address < segment.address + segment.size,
  );
  if (load === undefined) return [];
  const strings = await read(address - load.address + load.offset, Math.min(size, MAX_TABLE));
  return values(DT_NEEDED).map((offset) => cString(strings, offset));
}

function dynamicValues(table: Buffer, tag: number): number[] {
  const found: number[] = [];
  for (let at = 0; at + 16 <= table.byteLength; at += 16) {
    if (Number(table.readBigUInt64LE(at)) === tag) found.push(Number(table.readBigUInt64LE(at + 8)));
  }
  return found;
}

function cString(bytes: Buffer, offset: number): string {
  const end = bytes.indexOf(0, offset);
  return bytes.toString('latin1', offset, end === -1 ? bytes.byteLength : end);
}

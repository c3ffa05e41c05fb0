import { promisify } from 'node:util';
import { crc32, deflateRaw } from 'node:zlib';

const deflate = promisify(deflateRaw);

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
/** The version of the format that knows deflate, made on Unix, where files have modes. */
const VERSION = 20;
const UNIX = 3 << 8;
const DEFLATED = 8;
/** 1 January 1980, before which the format knows no time. */
const DATE = 0x21;
const REGULAR_FILE = 0o100_000;

/** A zip file (APPNOTE.TXT) of one file below 4 GB; the same bytes give the same bytes, on one version of Node. */
export async function zipOf(name: string, bytes: Uint8Array, mode: number): Promise<Buffer> {
  const packed = await deflate(bytes, { level: 6 });
  const file = Buffer.from(name);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(VERSION, 0);
  common.writeUInt16LE(DEFLATED, 4);
  common.writeUInt16LE(DATE, 8);
  common.writeUInt32LE(crc32(bytes), 10);
  common.writeUInt32LE(packed.byteLength, 14);
  common.writeUInt32LE(bytes.byteLength, 18);
  common.writeUInt16LE(file.byteLength, 22);
  const local = Buffer.concat([signature(LOCAL), common, file]);
  const more = Buffer.alloc(14);
  more.writeUInt32LE(((REGULAR_FILE | mode) << 16) >>> 0, 6);
  const made = Buffer.alloc(2);
  made.writeUInt16LE(UNIX | VERSION);
  const central = Buffer.concat([signature(CENTRAL), made, common, more, file]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.byteLength, 8);
  end.writeUInt32LE(local.byteLength + packed.byteLength, 12);
  return Buffer.concat([local, packed, central, signature(END), end]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

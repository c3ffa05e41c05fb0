/** Headers and paddings of a tar are multiples of this many bytes. */
export const BLOCK_BYTES = 512;
/** Two empty blocks end a tar. */
export const END_BYTES = 2 * BLOCK_BYTES;

export interface TarEntry {
  readonly name: string;
  /** Bytes of its content, without padding. */
  readonly size: number;
  /** POSIX type flag: '0' for a file, '5' for a folder, 'x' and 'g' for pax headers. */
  readonly type: string;
}

const SIZE_FIELD = { start: 124, length: 12 };
const CHECKSUM_FIELD = { start: 148, length: 8 };
/** The largest size that fits the octal field; beyond it stands GNU's base-256 form, which every reader knows. */
const MAX_OCTAL_SIZE = 8 ** 11 - 1;

/**
 * The one header that a bundle has for a file of this name and size: POSIX ustar, owner 0, mode 0644, no time. That
 * there is only one is what makes bundles reproducible, and a flipped byte in a header visible.
 */
export function formatHeader(name: string, size: number): Buffer {
  if (Buffer.byteLength(name) > 100) throw new RangeError(`tar name too long: ${name}`);
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  writeSize(header, size);
  header.write('00000000000\0', 136);
  header.write('0', 156);
  header.write('ustar\0', 257);
  header.write('00', 263);
  header.write(`${checksum(header).toString(8).padStart(6, '0')}\0 `, CHECKSUM_FIELD.start);
  return header;
}

/** Reads a header of any tar; undefined for a block of zeros, or one whose checksum or size is wrong. */
export function parseHeader(block: Uint8Array): TarEntry | undefined {
  const header = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const size = header.byteLength < BLOCK_BYTES ? undefined : readSize(header);
  if (size === undefined || octal(header, CHECKSUM_FIELD) !== checksum(header)) return undefined;
  const prefix = text(header, 345, 155);
  const name = text(header, 0, 100);
  const type = text(header, 156, 1) || '0';
  return {
    name: prefix && text(header, 257, 6).startsWith('ustar') ? `${prefix}/${name}` : name,
    size,
    type,
  };
}

/** Content and padding of a file of `size` bytes. */
export function paddedSize(size: number): number {
  return Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
}

function writeSize(header: Buffer, size: number): void {
  const { start, length } = SIZE_FIELD;
  if (size <= MAX_OCTAL_SIZE) {
    header.write(`${size.toString(8).padStart(length - 1, '0')}\0`, start);
    return;
  }
  header[start] = 0x80;
  header.writeBigUInt64BE(BigInt(size), start + length - 8);
}

// A size that is negative or no number would have a reader go round in circles, or ask for memory that no machine has.
function readSize(header: Buffer): number | undefined {
  const { start, length } = SIZE_FIELD;
  if (((header[start] ?? 0) & 0x80) === 0) return octal(header, SIZE_FIELD);
  const high = header.subarray(start + 1, start + length - 8);
  const size = Number(header.readBigUInt64BE(start + length - 8));
  return header[start] === 0x80 && high.every((byte) => byte === 0) && Number.isSafeInteger(size)
    ? size
    : undefined;
}

/** POSIX: octal digits, ended by blanks or zero bytes; GNU tar begins some with blanks. */
function octal(header: Buffer, { start, length }: { start: number; length: number }): number | undefined {
  const digits = text(header, start, length).trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : undefined;
}

/** POSIX: the sum of all bytes, with the checksum field itself taken as blanks. */
function checksum(header: Buffer): number {
  const { start, length } = CHECKSUM_FIELD;
  let sum = 0x20 * length;
  header.forEach((byte, index) => {
    if (index < start || index >= start + length) sum += byte;
  });
  return sum;
}

function text(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end);
}

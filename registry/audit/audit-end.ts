import { hashOf, linkOf, MAX_LINE } from '../../content/chain/chain.ts';
import { isRecordStart } from '../../content/chain/record-start.ts';

/** How the file of an audit log ends: what the next line is chained to. */
export interface AuditEnd {
  /** The hash of the last whole line; undefined when there is none. */
  readonly head: string | undefined;
  /** The hash of what was cut short after it, if anything was. */
  readonly torn: string | undefined;
  /** Whether the next line has to begin with a line feed. */
  readonly isOpen: boolean;
}

/** So much of a file's end says all: a line that was cut short, and a whole one before it. */
export const END_BYTES = 2 * MAX_LINE;

/** Reads the end of a file that has `size` bytes, and at least one. Throws when no audit log ends like that. */
export function readAuditEnd(end: Buffer, size: number): AuditEnd {
  const isOpen = end.at(-1) !== NEWLINE;
  const text = isOpen ? end : end.subarray(0, -1);
  for (let stop = text.byteLength; stop >= 0; ) {
    const start = stop === 0 ? 0 : text.lastIndexOf(NEWLINE, stop - 1) + 1;
    const line = text.subarray(start, stop);
    if (linkOf(line) !== undefined) {
      const torn = stop === text.byteLength ? undefined : hashOf(text.subarray(stop + 1));
      return { head: hashOf(line), torn, isOpen };
    }
    stop = start - 1;
  }
  const isCut = size <= MAX_LINE && text.toString('latin1').split('\n').every(isCutLine);
  if (!isCut) throw new Error('the file is no audit log');
  return { head: undefined, torn: hashOf(text), isOpen };
}

const NEWLINE = 10;

function isCutLine(line: string): boolean {
  return isRecordStart(Buffer.from(line, 'latin1'));
}

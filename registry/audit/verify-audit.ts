import { createReadStream } from 'node:fs';
import { type ChainBreak, ChainCheck, MAX_LINE } from './audit-chain.ts';

export interface AuditVerification {
  readonly lines: number;
  /** The hash of the last line: noted elsewhere, it shows later that nothing up to it was changed. */
  readonly head: string;
  readonly broken: ChainBreak | undefined;
}

const NEWLINE = 10;

/**
 * Reads audit logs in their order, as one chain. `contains` is the hash of a line that was noted before and must be among
 * them. A last line without an end is one that is just being written, and does not count.
 */
export async function verifyAudit(paths: readonly string[], contains?: string): Promise<AuditVerification> {
  const check = new ChainCheck(contains);
  for (const path of paths) {
    for await (const line of linesOf(path)) check.add(line);
  }
  const { lines, head, broken } = check;
  return { lines, head, broken };
}

async function* linesOf(path: string): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: MAX_LINE })) {
    rest = Buffer.concat([rest, Buffer.from(chunk)]);
    let start = 0;
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE, start)) {
      yield rest.subarray(start, end);
      start = end + 1;
    }
    rest = rest.subarray(start);
    // Nothing of ours: said as such, and memory stays bounded.
    if (rest.byteLength > 2 * MAX_LINE) {
      yield rest;
      rest = Buffer.alloc(0);
    }
  }
}

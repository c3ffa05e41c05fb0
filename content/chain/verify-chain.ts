import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChainBreak, ChainCheck, type Cut, MAX_LINE, type Place } from './chain.ts';

export interface ChainVerification {
  /** Whole lines. */
  readonly records: number;
  /** The hash of the last of them: noted elsewhere, it shows later that nothing up to it was changed. */
  readonly head: string;
  readonly broken: ChainBreak | undefined;
  /** Lines that were cut off, by a power cut say, and that the registry owned up to; the first hundred, and how many. */
  readonly cuts: { readonly first: readonly Cut[]; readonly count: number };
  /** Where the end is cut off. */
  readonly unfinished: Place | undefined;
  /** The head of an earlier file, which the first one goes on from; undefined when it is the beginning. */
  readonly after: string | undefined;
  /** Files without a whole line. */
  readonly empty: readonly string[];
}

const NEWLINE = 10;
/** How long a line is waited for that is just being written: so many times so many milliseconds. */
const WAITS = 4;
const WAIT_MS = 25;

/**
 * Reads audit logs in their order, as one chain. `contains` is the hash of a line that was noted before and must be among
 * them.
 */
export async function verifyChain(paths: readonly string[], contains?: string): Promise<ChainVerification> {
  const check = new ChainCheck(contains);
  const empty: string[] = [];
  for (const path of paths) {
    const before = check.records;
    check.begin(path);
    for await (const line of linesOf(path)) check.add(line);
    if (check.records === before) empty.push(path);
  }
  const { records, head, broken, cuts, unfinished, after } = check;
  return { records, head, broken, cuts, unfinished, after, empty };
}

async function* linesOf(path: string): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  let position = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: MAX_LINE })) {
    const bytes = Buffer.from(chunk);
    position += bytes.byteLength;
    rest = Buffer.concat([rest, bytes]);
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
  if (rest.byteLength > 0) yield await finish(path, position, rest);
}

// A registry that runs may be writing the last line just now. What comes after that one is for the next time.
async function finish(path: string, from: number, begun: Buffer): Promise<Buffer> {
  const file = await open(path);
  try {
    let [line, position] = [begun, from];
    for (let waits = 0; waits < WAITS && line.byteLength <= 2 * MAX_LINE; ) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_LINE), 0, MAX_LINE, position);
      const end = buffer.subarray(0, bytesRead).indexOf(NEWLINE);
      line = Buffer.concat([line, buffer.subarray(0, end === -1 ? bytesRead : end)]);
      if (end !== -1) break;
      position += bytesRead;
      if (bytesRead > 0) continue;
      waits++;
      await sleep(WAIT_MS);
    }
    return line;
  } finally {
    await file.close();
  }
}

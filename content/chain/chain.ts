import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isRecordStart } from './record-start.ts';

/**
 * The audit log as a chain: each line has, as `prev`, the SHA-256 of the line before (its bytes without the line feed).
 * So nothing can be changed, cut out or put in without changing every line after it, and who has noted the hash of one
 * line can tell whether everything up to there is still as it was. A line that a crash or a full disk cut short is no link
 * of the chain: the next whole line has its hash as `torn`.
 */
export const CHAIN_START = '0'.repeat(64);

/** No line is longer. */
export const MAX_LINE = 64 * 1024;

export function hashOf(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const LinkSchema = z.object({
  prev: z.string(),
  torn: z.string().optional(),
  action: z.string().optional(),
  time: z.string().optional(),
});
type Link = z.infer<typeof LinkSchema>;

/** What chains a line to others; undefined when it is no whole line. */
export function linkOf(line: Uint8Array): Link | undefined {
  try {
    return LinkSchema.safeParse(JSON.parse(Buffer.from(line).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export interface ChainBreak extends Place {
  readonly why: string;
}

/** A line that was cut off, and was owned up to by the next one. */
export interface Cut extends Place {
  /** When the registry noticed. */
  readonly noticed?: string | undefined;
}

/** So many cuts are told; further ones are counted. */
const MAX_CUTS = 100;

/** Walks a chain, line by line, over any number of files in their order. */
export class ChainCheck {
  #head = CHAIN_START;
  #place: Place = { file: '', line: 0 };
  #records = 0;
  /** What was cut short since the last whole line. */
  #torn: Buffer[] = [];
  #tornBytes = 0;
  #tornAt: Place[] = [];
  #cuts: Cut[] = [];
  #cutCount = 0;
  #after: string | undefined;
  #break: ChainBreak | undefined;
  readonly #wanted: string | undefined;
  #found: boolean;

  /** `wanted`: the hash of a line that must be there. */
  constructor(wanted?: string) {
    this.#wanted = wanted;
    this.#found = wanted === undefined;
  }

  /** The hash of the last whole line, to be noted somewhere else. */
  get head(): string {
    return this.#head;
  }

  /** Whole lines. */
  get records(): number {
    return this.#records;
  }

  /** Lines that were cut off and owned up to, the first of them; and how many there are. */
  get cuts(): { readonly first: readonly Cut[]; readonly count: number } {
    return { first: this.#cuts, count: this.#cutCount };
  }

  /** Where the end is cut off, and nobody has owned up to it. */
  get unfinished(): Place | undefined {
    return this.#tornAt[0];
  }

  /** The hash of the last line of the file before the first one, where that is not the beginning. */
  get after(): string | undefined {
    return this.#after;
  }

  /** The first place where the chain is broken, once all lines are in. */
  get broken(): ChainBreak | undefined {
    if (this.#break !== undefined) return this.#break;
    if (!this.#found) return { ...this.#place, why: `no line has the hash ${this.#wanted}` };
    return undefined;
  }

  /** Before the lines of a file. */
  begin(file: string): void {
    this.#place = { file, line: 0 };
  }

  add(line: Buffer): void {
    const { file, line: before } = this.#place;
    this.#place = { file, line: before + 1 };
    const link = linkOf(line);
    if (link === undefined) this.#addTorn(line);
    else this.#addLink(line, link);
  }

  #addLink(line: Buffer, link: Link): void {
    if (this.#records === 0 && link.action === 'continue') this.#continue(link);
    const torn = this.#torn.length === 0 ? undefined : hashOf(joinLines(this.#torn));
    if (link.torn !== torn && !(torn === undefined && this.#after === link.prev))
      this.#fail(torn === undefined ? 'what was cut short before it is missing' : NO_LINE);
    if (link.prev !== this.#head) this.#fail(this.#whyNot(link));
    this.#ownUp(link);
    this.#records++;
    this.#head = hashOf(line);
    this.#found ||= this.#head === this.#wanted;
  }

  // The file before was moved away: this line vouches for how that ended.
  #continue({ prev }: Link): void {
    if (prev === CHAIN_START) return;
    [this.#head, this.#after] = [prev, prev];
    this.#found ||= prev === this.#wanted;
  }

  #whyNot({ prev }: Link): string {
    if (this.#records === 0)
      return 'the lines before it are missing; if they are in an earlier file, give that first';
    if (prev === CHAIN_START && this.#place.line === 1)
      return 'a chain of its own begins here, as when the file before was moved away while the registry was not running: check it alone';
    return 'the line before it is not the one that it was written after';
  }

  #ownUp({ time }: Link): void {
    this.#cutCount += this.#tornAt.length;
    for (const place of this.#tornAt)
      if (this.#cuts.length < MAX_CUTS) this.#cuts.push({ ...place, noticed: time });
    [this.#torn, this.#tornBytes, this.#tornAt] = [[], 0, []];
  }

  #addTorn(line: Buffer): void {
    this.#torn.push(line);
    this.#tornAt.push(this.#place);
    this.#tornBytes += line.byteLength + 1;
    if (!isRecordStart(line)) this.#fail(NO_LINE);
    if (this.#tornBytes <= 2 * MAX_LINE) return;
    this.#fail(NO_LINE);
    [this.#torn, this.#tornBytes, this.#tornAt] = [[], 0, []];
  }

  #fail(why: string): void {
    this.#break ??= { ...this.#place, why };
  }
}

const NO_LINE = 'here or before is something that is no line of an audit log';

function joinLines(lines: readonly Buffer[]): Buffer {
  return Buffer.concat(lines.flatMap((line, index) => (index === 0 ? [line] : [Buffer.from('\n'), line])));
}

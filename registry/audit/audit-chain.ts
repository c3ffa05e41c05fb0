import { createHash } from 'node:crypto';
import { z } from 'zod';

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

const LinkSchema = z.object({ prev: z.string(), torn: z.string().optional() });
type Link = z.infer<typeof LinkSchema>;

/** What chains a line to others; undefined when it is no whole line. */
export function linkOf(line: Uint8Array): Link | undefined {
  try {
    return LinkSchema.safeParse(JSON.parse(Buffer.from(line).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

export interface ChainBreak {
  /** From 1. */
  readonly line: number;
  readonly why: string;
}

/** Walks a chain, line by line, over any number of files in their order. */
export class ChainCheck {
  #head = CHAIN_START;
  #lines = 0;
  /** What was cut short since the last whole line. */
  #torn: Buffer[] = [];
  #tornBytes = 0;
  #break: ChainBreak | undefined;
  readonly #wanted: string | undefined;
  #found: boolean;

  /** `wanted`: the hash of a line that must be there. */
  constructor(wanted?: string) {
    this.#wanted = wanted;
    this.#found = wanted === undefined || wanted === CHAIN_START;
  }

  /** The hash of the last whole line, to be noted somewhere else. */
  get head(): string {
    return this.#head;
  }

  get lines(): number {
    return this.#lines;
  }

  /** The first place where the chain is broken, once all lines are in. */
  get broken(): ChainBreak | undefined {
    if (this.#break !== undefined) return this.#break;
    if (this.#torn.length > 0) return { line: this.#lines, why: NO_LINE };
    if (!this.#found) return { line: this.#lines, why: `no line has the hash ${this.#wanted}` };
    return undefined;
  }

  add(line: Buffer): void {
    this.#lines++;
    const link = linkOf(line);
    if (link === undefined) this.#addTorn(line);
    else this.#addLink(line, link);
  }

  #addLink(line: Buffer, link: Link): void {
    const torn = this.#torn.length === 0 ? undefined : hashOf(joinLines(this.#torn));
    if (link.torn !== torn)
      this.#fail(torn === undefined ? 'what was cut short before it is missing' : NO_LINE);
    if (link.prev !== this.#head) this.#fail('the line before it is not the one that it was written after');
    [this.#torn, this.#tornBytes] = [[], 0];
    this.#head = hashOf(line);
    this.#found ||= this.#head === this.#wanted;
  }

  #addTorn(line: Buffer): void {
    this.#torn.push(line);
    this.#tornBytes += line.byteLength + 1;
    if (this.#tornBytes <= 2 * MAX_LINE) return;
    this.#fail(NO_LINE);
    [this.#torn, this.#tornBytes] = [[], 0];
  }

  #fail(why: string): void {
    this.#break ??= { line: this.#lines, why };
  }
}

const NO_LINE = 'here or before is something that is no line of an audit log';

function joinLines(lines: readonly Buffer[]): Buffer {
  return Buffer.concat(lines.flatMap((line, index) => (index === 0 ? [line] : [Buffer.from('\n'), line])));
}

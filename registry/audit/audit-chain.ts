import { createHash } from 'node:crypto';
import { z } from 'zod';

/**
 * The audit log as a chain: each line has, as `prev`, the SHA-256 of the line before (its bytes without the line feed).
 * So nothing can be changed, cut out or put in without changing every line after it, and who has noted the hash of one
 * line can tell whether everything up to there is still as it was.
 */
export const CHAIN_START = '0'.repeat(64);

export function hashOfLine(line: Uint8Array | string): string {
  return createHash('sha256').update(line).digest('hex');
}

export interface ChainBreak {
  /** From 1. */
  readonly line: number;
  readonly why: string;
}

const Line = z.object({ prev: z.string(), torn: z.boolean().optional() });

/** Walks a chain, line by line, over any number of files in their order. */
export class ChainCheck {
  #head = CHAIN_START;
  #lines = 0;
  /** A line that a crash cut short; the line after must own up to it. */
  #torn: number | undefined;
  #break: ChainBreak | undefined;
  readonly #wanted: string | undefined;
  #found: boolean;

  /** `wanted`: the hash of a line that must be there. */
  constructor(wanted?: string) {
    this.#wanted = wanted;
    this.#found = wanted === undefined || wanted === CHAIN_START;
  }

  /** The hash of the last line, to be noted somewhere else. */
  get head(): string {
    return this.#head;
  }

  get lines(): number {
    return this.#lines;
  }

  /** The first place where the chain is broken, once all lines are in. */
  get broken(): ChainBreak | undefined {
    if (this.#break !== undefined) return this.#break;
    if (this.#torn !== undefined) return { line: this.#torn, why: 'it is no line of an audit log' };
    if (!this.#found) return { line: this.#lines, why: `no line has the hash ${this.#wanted}` };
    return undefined;
  }

  add(line: Uint8Array): void {
    this.#lines++;
    const read = parse(line);
    if (read === undefined) {
      if (this.#torn !== undefined) this.#fail('it is no line of an audit log');
      this.#torn = this.#lines;
    } else {
      if (read.prev !== this.#head) this.#fail('the line before it is not the one that it was written after');
      else if (this.#torn !== undefined && read.torn === true) this.#torn = undefined;
    }
    this.#head = hashOfLine(line);
    this.#found ||= this.#head === this.#wanted;
  }

  #fail(why: string): void {
    this.#break ??= { line: this.#lines, why };
  }
}

function parse(line: Uint8Array) {
  try {
    return Line.safeParse(JSON.parse(Buffer.from(line).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** What a walk over the lines of the audit found. */
export interface ChainResult {
  readonly lines: number;
  /** SHA-256 of the last line: noted somewhere else, it proves later that nothing up to there was changed. */
  readonly head: string;
  /** Where the lines that are there begin, when earlier ones have left. */
  readonly after: string | undefined;
  /** The first line that does not follow on the one before, counted from 1. */
  readonly broken: number | undefined;
}

const START = '0'.repeat(64);

export type Digest = (bytes: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>;

/** Walks a chain page by page: each line names, as `prev`, the SHA-256 of the line before. */
export class ChainWalk {
  readonly #digest: Digest;
  #head = START;
  #lines = 0;
  #after: string | undefined;
  #broken: number | undefined;

  constructor(digest: Digest) {
    this.#digest = digest;
  }

  async add(lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      this.#lines++;
      const prev = previousOf(line);
      if (this.#lines === 1 && prev !== undefined && prev !== START) this.#after = prev;
      else if (prev !== this.#head) this.#broken ??= this.#lines;
      this.#head = hex(await this.#digest(new TextEncoder().encode(line)));
    }
  }

  get result(): ChainResult {
    return { lines: this.#lines, head: this.#head, after: this.#after, broken: this.#broken };
  }
}

function previousOf(line: string): string | undefined {
  try {
    const read: { readonly prev?: string } | null = JSON.parse(line);
    return read?.prev;
  } catch {
    return undefined;
  }
}

function hex(bytes: ArrayBuffer): string {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

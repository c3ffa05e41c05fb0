import type { Needle } from './known-secrets.ts';

const HEAD = 4;
/** Shorter ones count only where they stand alone: they may be part of a word. */
const ALONE = 8;
const BUCKETS = 1 << 16;

/** Finds many texts at once, in one pass however many there are. */
export class Needles {
  readonly #heads = new Map<string, Needle[]>();
  readonly #filter = new Uint8Array(BUCKETS);

  constructor(needles: readonly Needle[]) {
    for (const needle of needles) {
      if (needle.text.length < HEAD) continue;
      const head = needle.text.slice(0, HEAD);
      this.#heads.set(head, [...(this.#heads.get(head) ?? []), needle]);
      this.#filter[bucketAt(head, 0)] = 1;
    }
    for (const list of this.#heads.values()) list.sort((a, b) => b.text.length - a.text.length);
  }

  /** The text without them; `write` says what stands in the place of each. */
  replace(text: string, write: (needle: Needle) => string): string {
    const kept: string[] = [];
    let from = 0;
    for (let at = 0; at + HEAD <= text.length; at++) {
      if (this.#filter[bucketAt(text, at)] === 0) continue;
      const needle = this.#at(text, at);
      if (needle === undefined) continue;
      kept.push(text.slice(from, at), write(needle));
      from = at + needle.text.length;
      at = from - 1;
    }
    return from === 0 ? text : `${kept.join('')}${text.slice(from)}`;
  }

  #at(text: string, at: number): Needle | undefined {
    return this.#heads
      .get(text.slice(at, at + HEAD))
      ?.find((needle) => text.startsWith(needle.text, at) && isMeant(needle.text, text, at));
  }
}

function isMeant(needle: string, text: string, at: number): boolean {
  if (needle.length >= ALONE) return true;
  return !isWordAt(text, at - 1) && !isWordAt(text, at + needle.length);
}

function isWordAt(text: string, at: number): boolean {
  return /\w/.test(text.charAt(at));
}

function bucketAt(text: string, at: number): number {
  const [a, b, c, d] = [0, 1, 2, 3].map((offset) => text.charCodeAt(at + offset));
  return ((a ?? 0) ^ ((b ?? 0) << 4) ^ ((c ?? 0) << 8) ^ ((d ?? 0) << 2)) & (BUCKETS - 1);
}

import { LRUCache } from 'lru-cache';
import { type Claims, readToken } from './token.ts';

/** Clients show one token many times: its signature is checked once. */
const MAX_REMEMBERED = 1000;

/** Reads tokens of one key, and remembers those that were good; memory is bounded. */
export class TokenReader {
  readonly #key: Buffer;
  readonly #good = new LRUCache<string, Claims>({ max: MAX_REMEMBERED });

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** As `readToken`. */
  read(token: string, now: number): Claims | undefined {
    const known = this.#good.get(token);
    if (known !== undefined && now < known.expires) return known;
    this.#good.delete(token);
    const claims = readToken(token, this.#key, now);
    if (claims !== undefined) this.#good.set(token, claims);
    return claims;
  }
}

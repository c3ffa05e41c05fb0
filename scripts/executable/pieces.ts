import { Script } from 'node:vm';

/** What the executable carries by name: the pieces of its code, and what V8 made of each. */
export interface Carried {
  source(name: string): string;
  cache(name: string): Uint8Array | undefined;
}

interface PieceModule {
  exports: unknown;
}

/**
 * The program in pieces, of which each is compiled and run when another one first asks for it: a command costs the
 * time and the memory of what it needs. `outer` finds Node's own modules.
 */
export class Pieces {
  readonly scripts = new Map<string, Script>();
  readonly #modules = new Map<string, PieceModule>();
  readonly #carried: Carried;
  readonly #outer: (name: string) => unknown;
  readonly #url: string;

  constructor(carried: Carried, outer: (name: string) => unknown, url: string) {
    this.#carried = carried;
    this.#outer = outer;
    this.#url = url;
  }

  require = (name: string): unknown => {
    if (!name.startsWith('./')) return this.#outer(name);
    const known = this.#modules.get(name);
    if (known !== undefined) return known.exports;
    const piece: PieceModule = { exports: {} };
    this.#modules.set(name, piece);
    const script = new Script(this.#carried.source(name), {
      filename: name,
      cachedData: this.#carried.cache(name),
    });
    this.scripts.set(name, script);
    script.runInThisContext()(piece.exports, this.require, piece, this.#url);
    return piece.exports;
  };
}

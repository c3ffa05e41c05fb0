import type { JsonObject } from '../../../apply/json.ts';
import type { Report } from './finding.ts';

/** How a secret gets into an envelope. */
export interface Sealing {
  /** A JWE of the value's JSON that only the holder of the key can open; another one each time. */
  seal(value: object, key: JsonObject): Promise<string>;
  /** A keyed hash: the same for the same text, and of no use to those who don't have the hub's key. */
  mark(value: string): string;
}

export interface Sealed {
  readonly sealed?: string | undefined;
  readonly sealedMark?: string | undefined;
}

/** Seals texts for one agent, and takes what the last envelope had where it is still the same text and key. */
export class Sealer {
  readonly #sealing: Sealing;
  readonly #key: JsonObject | undefined;
  readonly #known: ReadonlyMap<string, string>;

  constructor(sealing: Sealing, key: JsonObject | undefined, before: readonly Sealed[]) {
    this.#sealing = sealing;
    this.#key = key;
    this.#known = new Map(
      before.flatMap(({ sealed, sealedMark }): [string, string][] =>
        sealed === undefined || sealedMark === undefined ? [] : [[sealedMark, sealed]],
      ),
    );
  }

  /** The fields of an envelope that hold a sealed text; none for none. */
  async seal(value: object | undefined, path: string, report: Report): Promise<Sealed> {
    if (value === undefined) return {};
    const key = this.#key;
    if (key === undefined) return report('SEALING_KEY_MISSING', path, 'the cluster has none') ?? {};
    const sealedMark = this.#sealing.mark(JSON.stringify([Object.entries(key).sort(), value]));
    return { sealed: this.#known.get(sealedMark) ?? (await this.#sealing.seal(value, key)), sealedMark };
  }
}

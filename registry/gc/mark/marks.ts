/** A set of digests by number that is emptied at once, for one repository after the other. */
export class Marks {
  readonly #rounds: Int32Array;
  #round = 1;

  /** Takes numbers up to and with `largest`. */
  constructor(largest: number) {
    this.#rounds = new Int32Array(largest + 1);
  }

  clear(): void {
    this.#round++;
  }

  has(id: number): boolean {
    return this.#rounds[id] === this.#round;
  }

  /** False when it was in the set already. */
  add(id: number): boolean {
    if (this.has(id)) return false;
    this.#rounds[id] = this.#round;
    return true;
  }
}

/** Numbers of 32 bits in a row that grows: a million of them are four megabytes. */
export class NumberList {
  #numbers = new Int32Array(1024);
  length = 0;

  push(number: number): void {
    if (this.length === this.#numbers.length) {
      const more = new Int32Array(this.length * 2);
      more.set(this.#numbers);
      this.#numbers = more;
    }
    this.#numbers[this.length++] = number;
  }

  /** What was pushed so far. */
  view(): Int32Array {
    return this.#numbers.subarray(0, this.length);
  }
}
